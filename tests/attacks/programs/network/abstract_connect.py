"""Connects to an abstract socket of the host.

Ends: ok
"""

import socket


def connect():
    with socket.socket(socket.AF_UNIX) as client:
        client.connect("\0" + HOST["abstract"])


tries("connected", connect)
