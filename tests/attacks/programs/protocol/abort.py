"""Aborts.

Ends: worker_died
"""

import os

print("RESOURCE is plenty", flush=True)
os.abort()
