"""Puts a module of its own under the name of a library.

Ends: ok
"""

import sys
import types

for name in ("numpyro", "optax", "scipy.optimize", "attack_planted", "nlsq"):
    sys.modules[name] = types.ModuleType(name)
sys.meta_path.insert(0, types.SimpleNamespace(find_spec=lambda *_: 1 / 0))
sys.path.insert(0, "/tmp")
# ---- the next job ----
import sys

import optax

if "attack_planted" in sys.modules or not hasattr(optax, "adam") or "/tmp" in sys.path[:1]:
    breach("a module stayed planted")
