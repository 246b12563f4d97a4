"""Forks past the C library, in each way the kernel has.

Ends: ok
"""

refused("fork")
refused("vfork")
SIGCHLD, CLONE_VM, CLONE_VFORK, CLONE_PARENT = 17, 0x100, 0x4000, 0x8000
for flags in (SIGCHLD, SIGCHLD | CLONE_VM | CLONE_VFORK, CLONE_PARENT, CLONE_PARENT | SIGCHLD, 0):
    refused("clone", flags, 0, 0, 0, 0)
refused("clone3", ctypes.create_string_buffer(88), 88)
