"""Sets up io_uring, which does work past the filter.

Ends: ok
"""

refused("io_uring_setup", 4, ctypes.create_string_buffer(120))
