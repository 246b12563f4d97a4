"""Waits for itself.

Ends: timed_out
Wall: 2 s
"""

import threading

lock = threading.Lock()
lock.acquire()
lock.acquire()
