"""Leaves System V shared memory, semaphores and messages.

Ends: ok
"""

refused("shmget", 0x41747461, 4096, 0o1666)
refused("semget", 0x41747461, 1, 0o1666)
refused("msgget", 0x41747461, 0o1666)
# ---- the next job ----
refused("shmget", 0x41747461, 4096, 0o666)
