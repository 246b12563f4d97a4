"""Keeps a whole huge page alive by one small piece of it in a pipe.

Ends: ok
"""

import os
import struct

_read_end, write_end = os.pipe()
kept = ctypes.create_string_buffer(4096)
refused("vmsplice", write_end, struct.pack("QQ", ctypes.addressof(kept), 16), 1, 0)
