"""Allocates a hundred gigabytes in many files within the time between two looks of the host.

Ends: ok, user_code_failed, output_too_large
"""

import os

KEEP_SIZE = 1
total = 0
for number in range(800):
    handle = os.open(f"allocated-{number}", os.O_CREAT | os.O_RDWR)
    result, _ = call("fallocate", handle, KEEP_SIZE, 0, 2**27)
    if result < 0:
        result, _ = call("fallocate", handle, 0, 0, 2**27)
    total += os.fstat(handle).st_blocks * 512
    os.close(handle)
    if total > 2**30:
        breach(f"holds {total >> 20} MiB of disk")
        break
print(total)
