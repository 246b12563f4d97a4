"""Sets limits of other processes: of its init, of the server, of one with its own uid.

Ends: ok
"""

import os
import struct

for pid in (1, os.getppid(), HOST["pid"], HOST["victim_pid"]):
    for kind in (0, 7, 9):
        refused("prlimit64", pid, kind, struct.pack("QQ", 1, 1), 0)
        refused("prlimit64", pid | 1 << 32, kind, struct.pack("QQ", 1, 1), 0)
