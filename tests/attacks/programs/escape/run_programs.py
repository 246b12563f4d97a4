"""Executes programs by path, by descriptor and from memory.

Ends: ok
"""

import os
import shutil
import sys

for path in ("/bin/true", "/bin/sh", sys.executable, "/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"):
    tries(f"executed {path}", os.execv, path, [path])
refused("execve", b"/bin/true", 0, 0)
refused("execveat", -100, b"/bin/true", 0, 0, 0)
handle = os.open(os.path.realpath(sys.executable), os.O_RDONLY)
refused("execveat", handle, b"", 0, 0, 0x1000)
tries("executed a descriptor", os.execve, handle, ["python"], {})
shutil.copy(os.path.realpath(sys.executable), "/tmp/python")
os.chmod("/tmp/python", 0o755)
tries("executed its own copy", os.execv, "/tmp/python", ["python"])
refused("uselib", b"/bin/true")
