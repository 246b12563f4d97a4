"""Replaces os.write by one that writes nothing and says so.

Ends: timed_out, worker_died, ok
Wall: 3 s
"""

import os

os.write = lambda _fd, _data: 0
