"""Writes into the working folder and the home of the job, and makes it the import path.

Ends: ok
"""

import os
from pathlib import Path

Path("jax.py").write_text("raise SystemExit('taken over')")
Path.home().joinpath(".pythonrc").write_text("x")
os.makedirs(Path.home() / ".config/matplotlib", exist_ok=True)
(Path.home() / ".config/matplotlib/matplotlibrc").write_text("backend: attack")
# ---- the next job ----
import os
from pathlib import Path

for name in ("jax.py", ".pythonrc", ".config/matplotlib/matplotlibrc"):
    if Path(name).exists() or (Path.home() / name).exists():
        breach(f"found {name}")
if "" in __import__("sys").path or os.getcwd() in __import__("sys").path:
    print("the working folder is on the import path")
