"""Writes to stderr and never stops.

Ends: timed_out
Wall: 2 s
"""

import sys

while True:
    sys.stderr.write("another line of no interest\n" * 100)
