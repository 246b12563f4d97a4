"""Attaches to its parent, its init and processes of the host.

Ends: ok
"""

import os

PTRACE_TRACEME, PTRACE_PEEKDATA, PTRACE_ATTACH, PTRACE_SEIZE = 0, 2, 16, 0x4206
for pid in (1, os.getppid(), HOST["pid"], HOST["victim_pid"], -1):
    refused("ptrace", PTRACE_ATTACH, pid, 0, 0)
    refused("ptrace", PTRACE_SEIZE, pid, 0, 0)
refused("ptrace", PTRACE_TRACEME, 0, 0, 0)
