"""Reads from address zero.

Ends: worker_died
"""

ctypes.string_at(0)
