"""Reads the bait by its path, by a detour, and through a directory handle.

Ends: ok
"""

import os

secret = HOST["secret_file"]
tries("read the bait", lambda: print(open(secret).read()))
tries("read it by a detour", lambda: print(open(f"/tmp/../../../..{secret}").read()))
root = os.open("/", os.O_PATH)
tries("read it from /", lambda: os.open(secret[1:], os.O_RDONLY, dir_fd=root))
tries("saw it", os.stat, secret)
