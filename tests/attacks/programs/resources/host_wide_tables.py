"""Uses up what a host has once for all users: asynchronous I/O and watches of files.

Ends: ok
"""

refused("io_setup", 60000, ctypes.create_string_buffer(8))
refused("inotify_init")
refused("inotify_init1", 0)
refused("fanotify_init", 0, 0)
