"""Mounts with the calls that came later.

Ends: ok
"""

refused("fsopen", b"tmpfs", 0)
refused("fsconfig", 3, 0, 0, 0, 0)
refused("fsmount", 3, 0, 0)
refused("fspick", -100, b"/", 0)
refused("open_tree", -100, b"/", 1)
refused("open_tree_attr", -100, b"/", 1, 0, 0)
refused("move_mount", 3, b"", -100, b"/tmp", 4)
refused("mount_setattr", -100, b"/", 0, 0, 0)
