"""Fills the scratch folder, so that the next job finds it full.

Ends: ok
"""

with open("/tmp/attack-full", "wb") as file:
    try:
        for _ in range(120):
            file.write(b"x" * 2**20)
    except OSError as error:
        print(error)
# ---- the next job ----
import os

free = os.statvfs("/tmp")
if free.f_bavail * free.f_frsize < 200 * 2**20 or free.f_favail < 1000:
    breach("the scratch folder is still full")
