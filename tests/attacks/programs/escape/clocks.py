"""Sets the host's clocks.

Ends: ok
"""

import struct

refused("settimeofday", struct.pack("qq", 0, 0), 0)
refused("clock_settime", 0, struct.pack("qq", 0, 0))
refused("clock_settime", 1, struct.pack("qq", 0, 0))
refused("adjtimex", ctypes.create_string_buffer(208))
refused("clock_adjtime", 0, ctypes.create_string_buffer(208))
