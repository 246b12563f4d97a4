"""Fills outputs/ with as much as fits.

Ends: ok, user_code_failed, output_too_large
"""

import os

os.makedirs("outputs", exist_ok=True)
for index in range(32):
    open(f"outputs/{index}.bin", "wb").write(os.urandom(2**20) * 32)
