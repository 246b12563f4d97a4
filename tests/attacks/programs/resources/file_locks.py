"""Sets record locks without number, each of which takes memory of the kernel.

Ends: timed_out, ok
Wall: 4 s
"""

import fcntl
import time

files = [open(f"/tmp/{index}", "wb") for index in range(200)]
until = time.monotonic() + 3
made = 0
while time.monotonic() < until:
    for file in files:
        fcntl.lockf(file, fcntl.LOCK_EX, 1, 2 * (made // len(files)))
        made += 1
if made > 5_000_000:
    breach(f"holds {made} locks")
