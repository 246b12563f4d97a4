"""Walks the whole tree: whatever is writable, or small and outside the libraries, is of interest.

Ends: ok
"""

import os
import stat

for folder, folders, files in os.walk("/"):
    if folder.startswith(("/usr", "/sb", "/lib")):
        folders.clear()
        continue
    inside = folder.startswith(("/tmp", "/dev/shm"))
    if not inside and os.access(folder, os.W_OK):
        tries(f"wrote in {folder}", lambda: open(f"{folder}/attack-leftover", "w"))
    for file in files:
        path = f"{folder}/{file}"
        try:
            if stat.S_ISREG(os.lstat(path).st_mode):
                print(path, open(path, "rb").read(4096)[:200])
        except OSError:
            continue
