"""Opens files by their handle, past every path (the Shocker attack).

Ends: ok
"""

handle = ctypes.create_string_buffer(b"\x08\0\0\0\x01\0\0\0\x02\0\0\0\0\0\0\0" + bytes(128))
refused("open_by_handle_at", 3, handle, 0)
refused("name_to_handle_at", -100, b"/usr/lib", handle, ctypes.create_string_buffer(8), 0)
