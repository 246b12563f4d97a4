"""Hands out an archive that unpacks to hundreds of megabytes, and pictures that claim to.

Ends: ok, output_too_large
"""

import os
import struct
import zlib

os.makedirs("outputs", exist_ok=True)
packer = zlib.compressobj(9, wbits=31)
with open("outputs/bomb.gz", "wb") as file:
    for _ in range(256):
        file.write(packer.compress(b"\0" * 2**20))
    file.write(packer.flush())


def chunk(kind, content):
    check = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)


header = struct.pack(">IIBBBBB", 2**31 - 1, 2**31 - 1, 8, 6, 0, 0, 0)
rows = zlib.compress(b"\0" * 2**24, 9)
picture = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
open("outputs/bomb.png", "wb").write(picture)
