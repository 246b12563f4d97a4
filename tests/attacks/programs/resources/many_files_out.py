"""Writes a hundred thousand files into outputs/.

Ends: ok, user_code_failed, output_too_large
"""

import os

os.makedirs("outputs", exist_ok=True)
for index in range(100_000):
    open(f"outputs/{index}.txt", "w").write("x")
