"""Doubles a bytes object until memory is gone.

Ends: out_of_memory
"""

block = b"x" * 2**20
while True:
    block += block
