"""Makes the result pipe non-blocking and full.

Ends: ok, worker_died
"""

import os

os.set_blocking(4, False)
try:
    while True:
        os.write(4, b"p\0\0\1\xf4" + b"x" * 500)
except BlockingIOError:
    print("full")
