"""Stops itself with SIGSTOP, so that no handler and no timer of its own can end it.

Ends: timed_out
Wall: 2 s
"""

import os
import signal

os.kill(os.getpid(), signal.SIGSTOP)
