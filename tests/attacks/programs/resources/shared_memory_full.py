"""Fills /dev/shm.

Ends: user_code_failed
"""

with open("/dev/shm/attack", "wb") as file:
    for _ in range(200):
        file.write(b"x" * 2**20)
breach("wrote 200 MiB into /dev/shm")
