"""Makes sockets with io_uring, which the filter does not see.

Ends: ok
"""

parameters = ctypes.create_string_buffer(120)
refused("io_uring_setup", 8, parameters)
refused("io_uring_enter", 3, 1, 1, 0, 0, 0)
refused("io_uring_register", 3, 0, 0, 0)
