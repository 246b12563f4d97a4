"""Makes a single huge file: written, sparse, and allocated.

Ends: ok, user_code_failed
"""

import os
import signal

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
handle = os.open("/tmp/giant", os.O_CREAT | os.O_RDWR)
tries("a sparse tebibyte", os.ftruncate, handle, 2**40)
tries("allocated 2 GiB", os.posix_fallocate, handle, 0, 2**31)
tries("wrote far out", os.pwrite, handle, b"x", 2**40)
