"""Nests folders in outputs/ deeper than a path may be long.

Ends: ok, user_code_failed, output_too_large
"""

import os

os.makedirs("outputs", exist_ok=True)
os.chdir("outputs")
for _ in range(1000):
    os.mkdir("d" * 50)
    os.chdir("d" * 50)
open("deep.txt", "w").write("x")
