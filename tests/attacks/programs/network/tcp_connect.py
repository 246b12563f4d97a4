"""Connects to a listener of the host on IPv4.

Ends: ok
"""

import socket

tries("connected", socket.create_connection, HOST["tcp"], 1)
refused("socket", 2, 1, 0)
