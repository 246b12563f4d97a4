"""Changes the pages of a library that every worker maps.

Ends: ok
"""

import mmap
import os

import numpy

for flags in (os.O_RDWR, os.O_WRONLY):
    tries("opened a library for writing", os.open, numpy.__file__, flags)
handle = os.open(numpy.__file__, os.O_RDONLY)
tries("mapped it shared", lambda: mmap.mmap(handle, 4096, mmap.MAP_SHARED, mmap.PROT_WRITE))
readable = mmap.mmap(handle, 4096, mmap.MAP_SHARED, mmap.PROT_READ)
libc = ctypes.CDLL(None, use_errno=True)
page = ctypes.c_void_p.from_buffer_copy(b"\0" * 8)
mapped = libc.mmap
mapped.restype = ctypes.c_void_p
mapped.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
place = mapped(None, 4096, 1, 1, handle, 0)
if libc.mprotect(ctypes.c_void_p(place), 4096, 3) == 0:
    breach("a shared mapping of a library became writable")
