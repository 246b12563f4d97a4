"""Reads from its standard input and its job pipe.

Ends: ok, user_code_failed
"""

import os
import sys

if sys.stdin.read() or os.read(0, 1):
    breach("read something from standard input")
try:
    os.read(3, 1)
except OSError:
    print("closed")
