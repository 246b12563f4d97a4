"""Closes all its descriptors and goes on.

Ends: timed_out
Wall: 2 s
"""

import os
import time

os.closerange(0, 1000)
time.sleep(1e6)
