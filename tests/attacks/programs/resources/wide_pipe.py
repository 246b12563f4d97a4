"""Widens the result pipe and its output, to hand the host more at a time.

Ends: ok, worker_died
"""

import fcntl

for number in (1, 2, 4):
    for size in (2**31 - 1, 2**24, 2**20):
        try:
            print(number, fcntl.fcntl(number, 1031, size))
            break
        except OSError:
            continue
print("x" * 2**24)
