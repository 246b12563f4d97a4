"""Makes calls by their x32 numbers, which share the architecture's name.

Ends: ok
"""

libc = ctypes.CDLL(None, use_errno=True)
X32 = 0x40000000
for name, number in (("getpid", 39), ("socket", 41), ("fork", 57), ("execve", 520), ("ptrace", 521)):
    if libc.syscall(ctypes.c_long(X32 | number), 0, 0, 0, 0) >= 0:
        breach(f"x32 {name} answered")
    if libc.syscall(ctypes.c_long((1 << 32) | number), 0, 0, 0, 0) >= 0 and name != "getpid":
        breach(f"{name} answered under a wide number")
