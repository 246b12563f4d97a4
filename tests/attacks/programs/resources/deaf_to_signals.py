"""Ignores every signal that it may, then waits.

Ends: timed_out
Wall: 2 s
"""

import signal

for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        continue
while True:
    signal.sigtimedwait(range(1, 65), 1)
