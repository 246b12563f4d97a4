"""Leaves threads behind that go on when the job has answered.

Ends: ok, worker_died
"""

import os
import threading
import time


def go_on():
    while True:
        time.sleep(0.01)
        open("/tmp/attack-alive", "w").write(str(os.getpid()))


for is_daemon in (True, False):
    threading.Thread(target=go_on, daemon=is_daemon).start()
# ---- the next job ----
import os
import time

time.sleep(0.1)
if os.path.exists("/tmp/attack-alive"):
    breach("a thread of the earlier job is alive")
