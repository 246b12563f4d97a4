"""Signals everything: its init, its parent, its group, the server, all that it may.

Ends: ok, worker_died
"""

import os
import signal

for pid in (1, os.getppid(), HOST["pid"], HOST["victim_pid"]):
    for number in (signal.SIGSTOP, signal.SIGKILL):
        for send in (os.kill, os.killpg):
            try:
                send(pid, number)
            except OSError:
                continue
call("tkill", HOST["victim_pid"], 9)
call("tkill", 1, 9)
handle, _ = call("pidfd_open", 1, 0)
call("pidfd_send_signal", max(handle, 0), 9, 0, 0)
try:
    os.kill(-1, signal.SIGKILL)
except OSError as error:
    print(error)
