"""Hunts for the pipes of other jobs: opens every name under /proc and /dev that might be one.

Ends: ok
"""

import os

names = "core fd ptmx pts stderr stdin stdout tty tty0 console mqueue hugepages log".split()
for path in [f"/dev/{name}" for name in names]:
    tries(f"opened {path}", lambda path=path: os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK)))
