"""Asks the kernel for the mount table: its roots are paths of the host, users' names included.

Ends: ok
"""

import struct

LSMT_ROOT = 0xFFFFFFFFFFFFFFFF
request = struct.pack("IIQQ", 24, 0, LSMT_ROOT, 0)
found = ctypes.create_string_buffer(8 * 256)
refused("listmount", request, found, 256, 0)
what = struct.pack("IIQQ", 24, 0, 1, 0x2 | 0x8 | 0x10)
refused("statmount", what, ctypes.create_string_buffer(8192), 8192, 0)
