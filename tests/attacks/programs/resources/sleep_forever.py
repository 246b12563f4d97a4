"""Sleeps.

Ends: timed_out
Wall: 2 s
"""

import time

time.sleep(1e6)
