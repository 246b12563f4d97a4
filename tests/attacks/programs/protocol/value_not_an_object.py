"""Sends JSON that is no object, text that is no JSON, and a byte-order mark.

Ends: worker_died
"""

import os
import struct

forged = b'\xef\xbb\xbf[1, 2, 3]'
os.write(4, struct.pack(">cI", b"v", len(forged)) + forged)
os._exit(0)
