"""Sets variables that loaders and libraries obey.

Ends: ok
"""

import os

os.environ.update(LD_PRELOAD="/tmp/a.so", PYTHONSTARTUP="/tmp/a.py", XLA_FLAGS="--attack")
os.environ["JAX_ENABLE_X64"] = "1"
ctypes.CDLL(None).setenv(b"ATTACK", b"1", 1)
# ---- the next job ----
import os

for name in ("LD_PRELOAD", "PYTHONSTARTUP", "XLA_FLAGS", "JAX_ENABLE_X64", "ATTACK"):
    if name in os.environ:
        breach(f"{name} is still set")
