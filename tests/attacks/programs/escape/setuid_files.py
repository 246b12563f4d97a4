"""Makes a file that runs as its owner, and takes other ids.

Ends: ok
"""

import os
import stat

open("/tmp/tool", "wb").write(b"#!/bin/sh\n")
os.chmod("/tmp/tool", 0o6755)
tries("executed a setuid file", os.execv, "/tmp/tool", ["tool"])
tries("gave a file away", os.chown, "/tmp/tool", 0, 0)
for name in ("setuid", "setgid", "setfsuid"):
    before = os.getresuid(), os.getresgid()
    call(name, 0)
    if (os.getresuid(), os.getresgid()) != before and 0 in os.getresuid() + os.getresgid():
        breach(f"{name} made it root")
tries("setresuid", os.setresuid, 0, 0, 0)
tries("setgroups", os.setgroups, [0])
