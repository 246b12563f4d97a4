"""Takes descriptors of other processes with pidfd_getfd.

Ends: ok
"""

import os

for pid in (1, os.getppid(), HOST["pid"], HOST["victim_pid"]):
    handle, _ = call("pidfd_open", pid, 0)
    for number in range(8):
        refused("pidfd_getfd", max(handle, 0), number, 0)
