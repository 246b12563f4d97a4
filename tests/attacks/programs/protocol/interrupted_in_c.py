"""Sends itself SIGXCPU, which means a limit when the host sees it.

Ends: worker_died, timed_out
"""

import os
import signal

os.kill(os.getpid(), signal.SIGXCPU)
