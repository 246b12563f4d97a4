"""Takes a terminal as its own.

Ends: ok
"""

import fcntl

TIOCSCTTY = 0x540E
for number in range(5):
    tries("took a terminal", fcntl.ioctl, number, TIOCSCTTY, 1)
refused("vhangup")
