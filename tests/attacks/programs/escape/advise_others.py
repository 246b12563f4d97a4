"""Advises the kernel about another process's memory, or reaps it.

Ends: ok
"""

import os
import struct

handle, _ = call("pidfd_open", os.getppid(), 0)
refused("process_madvise", max(handle, 0), struct.pack("QQ", 0, 4096), 1, 21, 0)
refused("process_mrelease", max(handle, 0), 0)
refused("migrate_pages", HOST["victim_pid"], 1, 0, 0)
refused("move_pages", HOST["victim_pid"], 0, 0, 0, 0, 0)
