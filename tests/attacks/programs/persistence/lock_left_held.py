"""Takes locks on files that all workers share, and never gives them back.

Ends: timed_out
Wall: 2 s
"""

import fcntl
import os
import time

import jax

for path in (jax.__file__, "/usr/lib", "/dev/null", "/dev/urandom"):
    fcntl.flock(os.open(path, os.O_RDONLY), fcntl.LOCK_EX | fcntl.LOCK_NB)
time.sleep(60)
# ---- the next job ----
import fcntl
import os

import jax

for path in (jax.__file__, "/usr/lib", "/dev/null", "/dev/urandom"):
    try:
        fcntl.flock(os.open(path, os.O_RDONLY), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        breach(f"the lock on {path} is still held")
