"""Sends a datagram to the host.

Ends: ok
"""

import socket


def send():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"hello", tuple(HOST["udp"]))


tries("sent a datagram", send)
refused("socket", 2, 2, 0)
