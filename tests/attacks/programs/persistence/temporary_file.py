"""Leaves a file where the next job will look first.

Ends: ok
"""

open("/tmp/attack-left", "w").write("x")
open("/tmp/usercustomize.py", "w").write("import os; os.environ['ATTACK'] = '1'")
# ---- the next job ----
import os

print(left := os.listdir("/tmp"))
if [name for name in left if name not in ("inputs", "outputs")]:
    breach(f"found {left}")
