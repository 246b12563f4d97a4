"""Points one end of a permitted pair at a socket of the host.

Ends: ok
"""

import socket

left, _right = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
for address in (HOST["unix_datagram"], "\0" + HOST["abstract_datagram"], HOST["unix"]):
    tries("connected anew", left.connect, address)
    tries("sent to an address", left.sendto, b"hello", address)
    tries("sent with sendmsg", left.sendmsg, [b"hello"], [], 0, address)
