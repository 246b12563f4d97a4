"""Turns a permitted pair of sockets into a named one that others can send to.

Ends: ok
"""

import socket

for kind in (socket.SOCK_DGRAM, socket.SOCK_SEQPACKET, socket.SOCK_STREAM):
    left, right = socket.socketpair(socket.AF_UNIX, kind)
    tries("bound an abstract name", left.bind, "\0attack-pair")
    tries("bound a path", left.bind, "/tmp/attack-pair")
    tries("listens", right.listen)
