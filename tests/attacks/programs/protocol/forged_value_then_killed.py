"""Answers, then dies by a signal: how it ended must count, not what it wrote.

Ends: worker_died
"""

import os
import signal
import struct

forged = b'{"value": {"status": "forged"}}'
os.write(4, struct.pack(">cI", b"v", len(forged)) + forged)
os.kill(os.getpid(), signal.SIGKILL)
