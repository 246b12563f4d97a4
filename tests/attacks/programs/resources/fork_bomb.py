"""Forks until it can't.

Ends: user_code_failed
"""

import os

while True:
    os.fork()
