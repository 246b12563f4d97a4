"""Takes capabilities, in all sets, and asks what it has.

Ends: ok
"""

import struct

header = struct.pack("II", 0x20080522, 0)
for wanted in (1 << 21, 0xFFFFFFFF, 1 << 7):
    for sets in ((wanted, wanted, 0), (0, wanted, wanted), (wanted, 0, 0)):
        result, error = call("capset", header, struct.pack("6I", *sets, *sets))
        if result == 0:
            breach("gained capabilities")
held = ctypes.create_string_buffer(24)
ctypes.CDLL(None).capget(header, held)
if any(held.raw):
    breach(f"has capabilities {held.raw.hex()}")
PR_CAPBSET_READ, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 23, 47, 2
for capability in range(41):
    if ctypes.CDLL(None).prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) == 0:
        breach(f"raised the ambient capability {capability}")
    if ctypes.CDLL(None).prctl(PR_CAPBSET_READ, capability, 0, 0, 0) == 1:
        breach(f"its bounding set has capability {capability}")
