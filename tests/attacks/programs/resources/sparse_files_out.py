"""Writes files into outputs/ that are large and take no room.

Ends: ok, output_too_large
"""

import os

os.makedirs("outputs", exist_ok=True)
for index in range(60):
    with open(f"outputs/{index}.bin", "wb") as file:
        file.truncate(127 * 2**20)
