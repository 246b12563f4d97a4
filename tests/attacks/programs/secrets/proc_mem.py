"""Opens the memory of itself, its init and its parents.

Ends: ok
"""

import os

for pid in ("self", 1, os.getppid(), HOST["pid"], HOST["victim_pid"]):
    for file in ("mem", "maps", "smaps", "pagemap", "auxv", "stack", "syscall", "environ"):
        tries(f"opened /proc/{pid}/{file}", open, f"/proc/{pid}/{file}", "rb")
