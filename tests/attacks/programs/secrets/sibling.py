"""Looks for what a job at its side keeps in files, names and memory.

Ends: ok
"""

import glob
import os
import time

until = time.monotonic() + 1.5
while time.monotonic() < until:
    for path in glob.glob("/tmp/**", recursive=True) + glob.glob("/dev/shm/*"):
        if "sibling" in path:
            breach(f"saw {path}")
    for pid in range(3, 60):
        # Its own threads have numbers, too; this call takes processes only.
        tries(f"sees process {pid}", os.pidfd_open, pid)
    time.sleep(0.05)
# ---- a job beside it ----
import time

open("/tmp/sibling-secret", "w").write("the sibling's")
open("/dev/shm/sibling-secret", "w").write("the sibling's")
time.sleep(1.5)
