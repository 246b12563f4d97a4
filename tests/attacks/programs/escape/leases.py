"""Takes leases, with which the host waits up to 45 s whenever it opens the file.

The kernel asks who owns the file, not whether it can be written: of an ordinary user's server the
packages are the job's own. Here one of its own stands for them.

Ends: ok
"""

import fcntl
import os

import jax

own = os.open("own", os.O_CREAT | os.O_RDWR)
for handle in (own, os.open(jax.__file__, os.O_RDONLY), os.open("/usr/lib", os.O_RDONLY)):
    for kind in (fcntl.F_RDLCK, fcntl.F_WRLCK, fcntl.F_UNLCK):
        refused("fcntl", handle, 1024, kind)
        refused("fcntl", handle, 1024 | 1 << 32, kind)
