"""Puts its output where its results go, and the other way round.

Ends: worker_died
"""

import os

os.dup2(1, 100)
os.dup2(4, 1)
os.dup2(100, 4)
print("this goes where the results go")
