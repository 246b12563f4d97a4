"""Opens raw sockets and packet sockets.

Ends: ok
"""

for kind, protocol in ((3, 1), (3, 255), (2, 1)):
    refused("socket", 2, kind, protocol)
refused("socket", 17, 3, 0x0300)
refused("socket", 10, 3, 58)
