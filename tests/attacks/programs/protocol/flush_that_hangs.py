"""Puts a stream in place whose flush never returns.

Ends: timed_out, ok
Wall: 3 s
"""

import sys
import time


class Slow:
    def write(self, _):
        return 0

    def flush(self):
        time.sleep(1e6)


sys.stdout = Slow()
