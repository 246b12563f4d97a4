"""Makes calls that are newer than the filter.

Ends: ok
"""

libc = ctypes.CDLL(None, use_errno=True)
for number in (*range(463, 520), 600, 1000, 2**20, 2**30 - 1, 2**31 - 1):
    result = libc.syscall(ctypes.c_long(number), -1, -1, -1, -1, -1, -1)
    if result >= 0 or ctypes.get_errno() != errno.ENOSYS:
        breach(f"call {number} reached the kernel")
