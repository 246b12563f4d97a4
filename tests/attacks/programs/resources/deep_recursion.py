"""Calls itself until the stack ends.

Ends: user_code_failed, worker_died, out_of_memory, timed_out
Wall: 10 s
"""

import sys

sys.setrecursionlimit(2**31 - 1)


def deeper(n):
    return deeper(n + 1) + 1


deeper(0)
