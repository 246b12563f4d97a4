"""Forks a daemon the classical way.

Ends: ok
"""

import os


def daemonise():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            import time

            time.sleep(600)
        os._exit(0)


tries("forked", daemonise)
tries("opened a terminal process", os.forkpty)
