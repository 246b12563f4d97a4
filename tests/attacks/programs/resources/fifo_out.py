"""Puts a named pipe into outputs/, which blocks whoever opens it.

Ends: ok
Wall: 5 s
"""

import os

os.makedirs("outputs", exist_ok=True)
os.mkfifo("outputs/pipe.txt")
os.mkfifo("outputs/picture.png")
