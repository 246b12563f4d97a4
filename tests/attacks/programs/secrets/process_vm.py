"""Copies memory of other processes, and into them.

Ends: ok
"""

import os
import struct

kept = ctypes.create_string_buffer(64)
here = struct.pack("QQ", ctypes.addressof(kept), 64)
for pid in (1, os.getppid(), os.getpid(), HOST["pid"], HOST["victim_pid"]):
    refused("process_vm_readv", pid, here, 1, here, 1, 0)
    refused("process_vm_writev", pid, here, 1, here, 1, 0)
