"""Hides clone's flags from the filter in the upper half of the register.

Ends: ok
"""

refused("clone", (1 << 32) | 17, 0, 0, 0, 0)
refused("clone", (1 << 63) | 0x10000000 | 17, 0, 0, 0, 0)
