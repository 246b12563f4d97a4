"""Fills files that exist in memory alone.

Ends: user_code_failed
"""

import os

refused("memfd_create", b"attack", 0)
refused("memfd_create", b"attack", 8)
refused("memfd_secret", 0)
os.memfd_create("attack")
