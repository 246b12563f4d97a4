"""Mounts, moves and unmounts with the old calls.

Ends: ok
"""

refused("mount", b"none", b"/tmp", b"tmpfs", 0, 0)
refused("mount", b"proc", b"/proc", b"proc", 0, 0)
refused("mount", b"/", b"/tmp", 0, 0x1000, 0)
refused("umount2", b"/proc", 2)
refused("umount2", b"/", 2)
