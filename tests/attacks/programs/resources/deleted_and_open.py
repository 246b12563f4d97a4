"""Writes files, deletes them and keeps them open, so that no folder shows what they take.

Ends: ok, user_code_failed, out_of_memory, output_too_large
"""

import os

block, total, handles = b"x" * 2**22, 0, []
try:
    while total < 2**30:
        handles.append(os.open("deleted", os.O_CREAT | os.O_RDWR))
        os.unlink("deleted")
        for _ in range(16):
            total += os.write(handles[-1], block)
    breach(f"holds {total >> 20} MiB in files without a name")
except OSError as error:
    print(error, total)
