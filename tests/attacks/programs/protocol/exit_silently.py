"""Ends with exit code 0 and no answer.

Ends: worker_died
"""

import os

os._exit(0)
