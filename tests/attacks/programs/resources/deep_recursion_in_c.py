"""Overflows the C stack inside the interpreter.

Ends: user_code_failed, worker_died, out_of_memory
"""

import functools
import sys

sys.setrecursionlimit(2**31 - 1)
chain = None
for _ in range(10**6):
    chain = [chain]
print(len(repr(chain)))
nested = functools.partial(int)
for _ in range(10**6):
    nested = functools.partial(lambda f: f, nested)
hash((chain,) if False else nested) and repr(nested)
