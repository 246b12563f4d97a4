"""Lets a thread write results while the harness answers.

Ends: worker_died, ok
"""

import os
import threading


def write():
    while True:
        os.write(4, b"\0\0\0\0\0")


threading.Thread(target=write, daemon=True).start()
