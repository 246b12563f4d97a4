"""Reads the environment of every process that /proc shows.

Ends: ok
"""

import glob

for path in [*glob.glob("/proc/*/environ"), "/proc/self/environ", "/proc/1/environ"]:
    tries(f"read {path}", lambda path=path: print(open(path, "rb").read()))
