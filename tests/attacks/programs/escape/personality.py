"""Changes how the kernel sees it: no address randomisation, other errno, 32 bits.

Ends: ok
"""

for kind in (0xFFFFFFFF, 0x0040000, 0x0008, 0x0400000):
    refused("personality", kind)
