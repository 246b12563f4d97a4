"""Watches which folders of packages and libraries others read, by dnotify.

Ends: ok
"""

import os
import site

for path in ("/usr/lib", site.__file__.rpartition("/")[0], os.__file__.rpartition("/")[0]):
    handle = os.open(path, os.O_RDONLY)
    refused("fcntl", handle, 1026, 0x8000003F)
