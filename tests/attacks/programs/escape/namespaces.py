"""Makes namespaces of its own, one kind at a time.

Ends: ok
"""

for kind in (0x80, 0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000):
    refused("unshare", kind)
    if kind != 0x80:  # a time namespace; clone has signals' numbers there
        refused("clone", kind | 17, 0, 0, 0, 0)
        refused("clone", kind | 0x10000, 0, 0, 0, 0)
refused("unshare", 0)
