"""Opens files until it can't.

Ends: user_code_failed
"""

import os
import resource

tries("raised the limit", resource.setrlimit, resource.RLIMIT_NOFILE, (4096, 4096))
for _ in range(2000):
    os.open("/dev/null", os.O_RDONLY)
breach("holds 2,000 descriptors")
