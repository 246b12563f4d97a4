"""Leaves its session and group, and asks to outlive its parent.

Ends: ok
"""

import os

tries("started a session", os.setsid)
libc = ctypes.CDLL(None)
libc.prctl(1, 0, 0, 0, 0)
libc.prctl(36, 1, 0, 0, 0)
libc.prctl(15, b"innocent", 0, 0, 0)
