"""Frees the same memory twice.

Ends: worker_died
"""

libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.free.argtypes = [ctypes.c_void_p]
place = libc.malloc(64)
for _ in range(10):
    libc.free(place)
