"""Looks for descriptors that it should not have got, and reads what it can.

Ends: ok
"""

import os
import stat

for number in range(4096):
    try:
        kind = os.fstat(number).st_mode
    except OSError:
        continue
    if number > 4:
        breach(f"descriptor {number} is open")
    if stat.S_ISSOCK(kind) or stat.S_ISDIR(kind) or stat.S_ISREG(kind):
        breach(f"descriptor {number} is a socket, a folder or a file")
tries("read its own results", os.read, 4, 1)
