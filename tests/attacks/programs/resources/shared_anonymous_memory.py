"""Fills shared anonymous memory, which no resource limit counts.

Ends: out_of_memory, user_code_failed
"""

import mmap

kept = []
for _ in range(64):
    kept.append(mmap.mmap(-1, 64 * 2**20))
    for place in range(0, 64 * 2**20, 4096):
        kept[-1][place] = 1
breach("holds 4 GiB of shared memory")
