"""Announces four gibibytes.

Ends: worker_died
"""

import os

os.write(4, b"v\xff\xff\xff\xff")
