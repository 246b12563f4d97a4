"""Connects to a listener of the host on IPv6, and to the IPv4 one through a mapped address.

Ends: ok
"""

import socket

tries("connected", lambda: socket.create_connection(tuple(HOST["tcp6"])[:2], 1))
tries("connected", lambda: socket.create_connection(("::ffff:127.0.0.1", HOST["tcp"][1]), 1))
refused("socket", 10, 1, 0)
