"""Connects to a socket of the host by its path.

Ends: ok
"""

import socket


def connect():
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(HOST["unix"])


tries("connected", connect)
refused("socket", 1, 1, 0)
