"""Lets a file in outputs/ grow while it is collected.

Ends: ok, output_too_large, user_code_failed, worker_died
Wall: 10 s
"""

import os
import threading

os.makedirs("outputs", exist_ok=True)
file = open("outputs/growing.bin", "ab", buffering=0)


def grow():
    while True:
        try:
            file.write(b"x" * 2**20)
        except OSError:
            file.truncate(0)


threading.Thread(target=grow, daemon=True).start()
