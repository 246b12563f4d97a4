"""Asks for the address of a name.

Ends: ok
"""

import socket

tries("resolved a name", socket.getaddrinfo, "attack.invalid", 80)
tries("resolved its own name", socket.gethostbyname, socket.gethostname())
tries("listed the interfaces", socket.if_nameindex)
