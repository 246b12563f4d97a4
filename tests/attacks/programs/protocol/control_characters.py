"""Prints what steers terminals, and breaks lines, text and JSON.

Ends: ok
"""

import os

os.write(1, bytes(range(32)) + b"\x7f\x80\x9b2J\xc2\x9b2J\x1b[31m\x1b]52;c;eA==\x07\r\nover\rwritten")
os.write(2, b"\x00" * 1000 + b"\xed\xa0\x80\xff\xfe" + "\u202e\u2066".encode())
