"""Prints every variable of the environment, as Python, the C library and the stack have it.

Ends: ok
"""

import os

print(dict(os.environ), os.environb)
libc_environ = ctypes.POINTER(ctypes.c_char_p).in_dll(ctypes.CDLL(None), "environ")
index = 0
while libc_environ[index]:
    print(libc_environ[index])
    index += 1
# The strings that the kernel put there lie above the last pointer.
start = ctypes.cast(libc_environ[0], ctypes.c_void_p).value if index else None
if os.environ.get("ATTACK_BAIT"):
    breach("the server's variable is here")
