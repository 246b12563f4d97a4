"""Opens netlink sockets: routes, audit, connector, kobject events.

Ends: ok
"""

for protocol in (0, 4, 9, 11, 15, 16):
    refused("socket", 16, 3, protocol)
