"""Gets the same shared memory by mapping /dev/zero.

Ends: out_of_memory, user_code_failed
"""

import mmap
import os

size = 64 * 2**20
libc = ctypes.CDLL(None)
for flags, protection in ((os.O_RDWR, 3), (os.O_RDONLY, 1)):
    handle = os.open("/dev/zero", flags)
    kept = []
    for _ in range(32):
        kept.append(mmap.mmap(handle, size, mmap.MAP_SHARED, protection))
        for place in range(0, size, 4096):
            kept[-1][place]
        kept[-1].madvise(mmap.MADV_DONTNEED)
breach("holds 2 GiB that no meter shows")
