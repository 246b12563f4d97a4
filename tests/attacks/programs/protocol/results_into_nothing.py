"""Sends the results to /dev/null and into a full disk.

Ends: worker_died
"""

import os

os.dup2(os.open("/dev/full", os.O_WRONLY), 4)
