"""Reads and writes the kernel's keyrings.

Ends: ok
"""

KEYCTL_GET_KEYRING_ID, KEYCTL_JOIN_SESSION, KEYCTL_READ = 0, 1, 11
for ring in (-1, -2, -3, -4, -5):
    refused("keyctl", KEYCTL_GET_KEYRING_ID, ring, 1)
    refused("keyctl", KEYCTL_READ, ring, ctypes.create_string_buffer(64), 64)
refused("keyctl", KEYCTL_JOIN_SESSION, b"attack")
refused("add_key", b"user", b"attack", b"x", 1, -4)
refused("request_key", b"user", b"attack", 0, -4)
