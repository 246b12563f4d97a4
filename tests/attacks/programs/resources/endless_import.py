"""Imports itself without end.

Ends: user_code_failed, worker_died, out_of_memory, timed_out
Wall: 5 s
"""

import sys

sys.path.insert(0, "/tmp")
sys.setrecursionlimit(10**6)
for index in range(3000):
    open(f"/tmp/attack_{index}.py", "w").write(f"import attack_{index + 1}\n")
import attack_0
