"""Reports progress without a pause.

Ends: worker_died, timed_out
Wall: 5 s
"""

import os
import struct

frame = struct.pack(">cI", b"p", 20) + b"no progress at all.."
while True:
    os.write(4, frame * 1000)
