"""Gives files in outputs/ names that mean something elsewhere.

Ends: ok
"""

import os

os.makedirs("outputs", exist_ok=True)
for name in ("run.json", "..\\..\\x", "a\nb.txt", "\x1b[2J.txt", "~", "-rf", "CON", " ", "%2e%2e%2f",
             "x" * 255, "\u202egpj.exe"):  # fmt: skip
    open(f"outputs/{name}", "w").write("x")
open(b"outputs/\xff\xfe.txt", "w").write("x")
