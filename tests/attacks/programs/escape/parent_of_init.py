"""Kills and stops the process that guards it, in every way that takes a number.

Ends: ok
"""

import os
import signal

for number in range(1, 65):
    try:
        os.kill(1, number)
    except OSError:
        continue
if os.getppid() != 1:
    breach(f"its guard is gone, and it belongs to {os.getppid()}")
