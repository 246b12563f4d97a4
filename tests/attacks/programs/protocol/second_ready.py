"""Says again that it is ready, with another device.

Ends: worker_died
"""

import os
import struct

ready = b'{"device": "TPU v9", "platform": "tpu"}'
os.write(4, struct.pack(">cI", b"r", len(ready)) + ready)
