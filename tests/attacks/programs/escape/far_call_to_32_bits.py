"""Leaves 64-bit mode by a far return, then calls the kernel with sysenter's table.

Ends: worker_died
"""

# The 32-bit code is at an address above 4 GiB, so this dies one way or the other.
code = b"\x48\x8d\x05\x09\x00\x00\x00\x6a\x23\x50\x48\xcb\x90\x90\x90\x90"
code += b"\xb8\x14\x00\x00\x00\xcd\x80\xc3"
native(code)
breach("came back from 32-bit mode")
