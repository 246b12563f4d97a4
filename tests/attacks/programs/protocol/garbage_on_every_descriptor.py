"""Writes garbage to every descriptor.

Ends: worker_died
"""

import os

for number in range(256):
    try:
        os.write(number, b'{"jsonrpc": "2.0", "method": "attack"}\n\xff\xfe\x00')
    except OSError:
        continue
