"""Reports nothing, without a pause, in frames that carry no byte.

Ends: worker_died
Wall: 5 s
"""

import os

while True:
    os.write(4, b"p\0\0\0\0" * 10000)
