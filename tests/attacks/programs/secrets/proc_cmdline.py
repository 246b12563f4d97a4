"""Lists processes and their arguments.

Ends: ok
"""

import os

for name in os.listdir("/proc"):
    if name.isdigit():
        breach(f"sees the process {name}")
for pid in (1, os.getppid(), HOST["pid"], HOST["victim_pid"]):
    tries(f"read the arguments of {pid}", lambda pid=pid: open(f"/proc/{pid}/cmdline").read())
