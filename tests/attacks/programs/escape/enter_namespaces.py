"""Enters the namespaces of other processes.

Ends: ok
"""

import os

for pid in (1, os.getppid(), HOST["pid"]):
    handle, _ = call("pidfd_open", pid, 0)
    refused("setns", max(handle, 0), 0x10000000 | 0x20000 | 0x40000000)
    for kind in ("user", "mnt", "net", "pid", "ipc"):
        tries(f"opened {kind}", os.open, f"/proc/{pid}/ns/{kind}", os.O_RDONLY)
