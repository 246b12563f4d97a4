"""Maps memory as a stack, which the limit on data does not count.

Ends: out_of_memory, user_code_failed
"""

MAP_PRIVATE, MAP_ANONYMOUS, MAP_GROWSDOWN = 2, 0x20, 0x100
libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
for _ in range(32):
    place = libc.mmap(None, 2**26, 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN, -1, 0)
    if place in (None, 2**64 - 1):
        raise MemoryError("refused")
    ctypes.memset(place, 1, 2**26)
breach("holds 2 GiB of stacks")
