"""Reports progress in control characters, broken text and a length that lies.

Ends: ok
"""

import os
import struct

for text in (b"\x1b]0;title\x07\x1b[2J", b"\xff\xfe\xed\xa0\x80", b"\0" * 100, b"\r\n\r\nX: y"):
    os.write(4, struct.pack(">cI", b"p", len(text)) + text)
