"""Closes all its descriptors and ends as if all were well.

Ends: worker_died
"""

import os

os.closerange(0, 1000)
os._exit(0)
