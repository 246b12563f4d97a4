"""Stacks filters and rule sets of its own until the kernel's memory is full.

Ends: ok
"""

refused("landlock_create_ruleset", ctypes.create_string_buffer(24), 24, 0)
refused("seccomp", 1, 0, 0)
refused("seccomp", 1, 8, 0)
