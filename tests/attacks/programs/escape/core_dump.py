"""Dies with a core dump: some hosts hand it to a program that runs as root.

Ends: worker_died
"""

import os
import resource

try:
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    breach("raised the limit on core dumps")
except ValueError:
    print("refused")
ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)
os.abort()
