"""Hides the family from the filter in the upper half of the register.

Ends: ok
"""

for family in (1, 2, 10):
    refused("socket", family | (1 << 32), 1, 0)
    refused("socketpair", (family + 1) | (1 << 32), 1, 0, ctypes.create_string_buffer(8))
