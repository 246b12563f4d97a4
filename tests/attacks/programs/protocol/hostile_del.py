"""Leaves objects that fight when they are collected.

Ends: ok, worker_died
"""

import gc
import os


class Fighter:
    def __del__(self):
        os.write(4, b"garbage")
        globals()["again"] = self


again = Fighter()
circle = [Fighter(), Fighter()]
circle.append(circle)
gc.set_threshold(1)
gc.callbacks.append(lambda *_: 1 / 0)
