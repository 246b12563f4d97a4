"""Ends with exit code 255.

Ends: worker_died
"""

import os

os._exit(255)
