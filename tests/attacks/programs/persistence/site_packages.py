"""Writes a module, a .pth file and byte code among the installed packages.

Ends: ok
"""

import os
import sys
import sysconfig

import numpy

folders = {*sys.path, sysconfig.get_path("purelib"), os.path.dirname(numpy.__file__)}
for folder in folders - {""}:
    for name in ("attack-left.pth", "sitecustomize.py", "__pycache__/attack-left.pyc"):
        tries(f"wrote {folder}/{name}", lambda p=f"{folder}/{name}": open(p, "w").close())
tries("wrote into a library", lambda: open(numpy.__file__, "a").write("# attack"))
tries("removed a library", os.unlink, numpy.__file__)
tries("changed its mode", os.chmod, numpy.__file__, 0o777)
tries("changed its times", os.utime, numpy.__file__)
