"""Runs an illegal instruction, then a breakpoint, then a halt.

Ends: worker_died
"""

native(b"\x0f\x0b\xcc\xf4\xc3")
