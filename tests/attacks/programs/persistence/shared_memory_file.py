"""Leaves a file in /dev/shm.

Ends: ok
"""

open("/dev/shm/attack-left", "wb").write(b"x" * 4096)
# ---- the next job ----
import os

if os.listdir("/dev/shm"):
    breach("found a file in /dev/shm")
