"""Spins in all threads that it can start.

Ends: timed_out
Wall: 2 s
"""

import threading
import time


def spin():
    while True:
        time.sleep(0)


for _ in range(40):
    threading.Thread(target=spin, daemon=True).start()
spin()
