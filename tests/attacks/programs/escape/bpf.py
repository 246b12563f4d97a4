"""Loads a BPF program and makes a map.

Ends: ok
"""

for command in range(12):
    refused("bpf", command, ctypes.create_string_buffer(128), 128)
