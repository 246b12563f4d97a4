"""Fills extended attributes of its files, which are kept in memory and are no file content.

Ends: ok, user_code_failed, out_of_memory, output_too_large
"""

import os

total = 0
try:
    for number in range(15000):
        path = f"attributes-{number}"
        with open(path, "w"):
            pass
        for name in range(16):
            os.setxattr(path, f"user.{name}", os.urandom(2**15))
            total += 2**15
            if total > 2**30:
                breach(f"holds {total >> 20} MiB of attributes")
                raise SystemExit
except OSError as error:
    print(error, total)
