"""Slows other processes down: priority, cores, scheduler, I/O.

Ends: ok
"""

import os

for pid in (0, 1, os.getppid(), HOST["pid"], HOST["victim_pid"]):
    refused("setpriority", 0, pid, 19)
    refused("sched_setaffinity", pid, 8, b"\1\0\0\0\0\0\0\0")
    refused("sched_setscheduler", pid, 5, b"\0\0\0\0")
    refused("sched_setparam", pid, b"\0\0\0\0")
    refused("sched_setattr", pid, ctypes.create_string_buffer(56), 0)
    refused("ioprio_set", 1, pid, 0)
refused("setpriority", 2, os.getuid(), 19)
