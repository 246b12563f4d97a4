"""Writes a local descriptor table.

Ends: ok
"""

refused("modify_ldt", 1, ctypes.create_string_buffer(16), 16)
refused("modify_ldt", 0x11, ctypes.create_string_buffer(16), 16)
