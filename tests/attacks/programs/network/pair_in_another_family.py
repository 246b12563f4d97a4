"""Asks for a pair of sockets in families that reach out.

Ends: ok
"""

kept = ctypes.create_string_buffer(8)
for family in (2, 10, 16, 17, 30, 38, 40):
    refused("socketpair", family, 1, 0, kept)
