"""Has the kernel hand it its own system calls, to make them where the filter does not look.

Ends: ok, worker_died
"""

import ctypes
import os

selector = ctypes.create_string_buffer(b"\0")
if call("prctl", 59, 1, 0, 0, ctypes.addressof(selector))[0] == 0:
    print("dispatch is on, with the selector open")
refused("execve", b"/usr/bin/true", 0, 0)
child, _ = call("fork")
if child == 0:
    os._exit(0)
if child > 0:
    breach(f"forked {child}")
