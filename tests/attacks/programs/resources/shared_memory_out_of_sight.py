"""Fills shared anonymous memory and unmaps all but a page, so that nothing is resident.

Ends: out_of_memory, user_code_failed
"""

libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
size = 64 * 2**20
for _ in range(32):
    place = libc.mmap(None, size, 3, 0x21, -1, 0)
    if place in (None, 2**64 - 1):
        raise MemoryError("refused")
    ctypes.memset(place, 1, size)
    libc.munmap(ctypes.c_void_p(place + 4096), ctypes.c_size_t(size - 4096))
breach("holds 2 GiB that no meter shows")
