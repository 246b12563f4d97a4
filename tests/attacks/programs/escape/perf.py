"""Samples the machine with perf.

Ends: ok
"""

refused("perf_event_open", ctypes.create_string_buffer(128), 0, -1, -1, 0)
refused("perf_event_open", ctypes.create_string_buffer(128), -1, 0, -1, 0)
