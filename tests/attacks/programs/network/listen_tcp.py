"""Listens on TCP and waits for a caller.

Ends: ok
"""

import socket

tries("listens", socket.create_server, ("127.0.0.1", 0))
tries("listens on every address", socket.create_server, ("", 0))
