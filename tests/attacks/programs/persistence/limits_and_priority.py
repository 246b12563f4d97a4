"""Lowers limits, priority and cores of itself, hoping that others inherit them.

Ends: ok
"""

import os
import resource

for kind in (resource.RLIMIT_NOFILE, resource.RLIMIT_FSIZE):
    resource.setrlimit(kind, (8, 8))
tries("became slower", os.nice, 5)
os.umask(0o777)
# ---- the next job ----
import os
import resource

if resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 8 or os.umask(0o22) == 0o777:
    breach("limits are the earlier job's")
