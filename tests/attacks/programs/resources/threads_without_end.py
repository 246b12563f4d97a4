"""Starts threads until it can't.

Ends: user_code_failed
"""

import threading

stop = threading.Event()
started = 0
while started < 3000:
    try:
        threading.Thread(target=stop.wait, daemon=True).start()
    except RuntimeError:
        print(started)
        raise
    started += 1
breach("started 3000 threads")
