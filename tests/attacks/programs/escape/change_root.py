"""Changes its root and pivots out of it.

Ends: ok
"""

import os

refused("chroot", b"/tmp")
refused("pivot_root", b"/tmp", b"/tmp")
os.mkdir("/tmp/x")
tries("chroot", os.chroot, "/tmp/x")
os.chdir("../../../../../..")
if os.getcwd() != "/":
    breach("left its root")
