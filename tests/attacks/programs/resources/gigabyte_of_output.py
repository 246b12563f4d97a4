"""Prints a gibibyte.

Ends: ok
Wall: 120 s
"""

import os

block = b"x" * 2**20
for _ in range(1024):
    os.write(1, block)
