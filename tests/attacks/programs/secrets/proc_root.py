"""Walks out through /proc/PID/root and cwd, past Landlock's view of paths.

Ends: ok
"""

import os

secret = HOST["secret_file"]
for pid in ("self", "thread-self", 1, 2, os.getppid(), HOST["pid"]):
    for way in ("root", "cwd", "task/1/root"):
        tries("read the bait", lambda w=f"/proc/{pid}/{way}{secret}": print(open(w).read()))
