"""Writes over the interpreter's own objects.

Ends: worker_died, user_code_failed, timed_out, ok
Wall: 4 s
"""

ctypes.memset(id(None), 0, 16)
ctypes.memset(id(int), 255, 256)
[None for _ in range(1000)]
