"""Makes the host write all its dirty pages, again and again.

Ends: ok
"""

import os

refused("sync")
refused("syncfs", os.open("/usr/lib", os.O_RDONLY))
