"""Starts a process in every way that Python knows.

Ends: ok
"""

import concurrent.futures
import multiprocessing
import os
import subprocess
import sys

tries("subprocess", subprocess.run, [sys.executable, "-c", "0"])
tries("a shell", lambda: subprocess.check_output("true", shell=True))
tries("posix_spawn", os.posix_spawn, "/bin/true", ["true"], {})
tries("posix_spawn", os.posix_spawn, sys.executable, [sys.executable, "-c", "0"], {})
for method in ("fork", "spawn", "forkserver"):
    process = multiprocessing.get_context(method).Process(target=print)
    tries(f"multiprocessing by {method}", process.start)


def by_pool():
    with concurrent.futures.ProcessPoolExecutor(1) as pool:
        pool.submit(int).result(5)


tries("a pool of processes", by_pool)
if os.system("true") == 0:
    breach("os.system ran a shell")
