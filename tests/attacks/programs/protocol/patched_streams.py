"""Replaces the standard streams by objects that refuse everything.

Ends: worker_died, ok, user_code_failed
"""

import sys


class Hostile:
    def __getattr__(self, name):
        raise SystemError(name)

    def write(self, _):
        raise SystemExit

    def flush(self):
        raise KeyboardInterrupt


sys.stdout = sys.stderr = sys.__stdout__ = sys.__stderr__ = sys.stdin = Hostile()
