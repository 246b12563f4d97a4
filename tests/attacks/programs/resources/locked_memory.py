"""Locks memory, so that the host must swap others out.

Ends: ok
"""

import mmap

area = mmap.mmap(-1, 256 * 2**20, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
libc = ctypes.CDLL(None)
start = ctypes.addressof(ctypes.c_char.from_buffer(area))
if libc.mlock(ctypes.c_void_p(start), ctypes.c_size_t(256 * 2**20)) == 0:
    breach("locked 256 MiB")
if libc.mlockall(3) == 0:
    breach("locked everything")
