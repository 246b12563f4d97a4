"""Takes pseudo-terminals, of which a host has a fixed number.

Ends: ok
"""

import os

tries("made a terminal", os.openpty)
tries("opened ptmx to read", os.open, "/dev/ptmx", os.O_RDONLY | os.O_NOCTTY)
tries("opened pts/ptmx to read", os.open, "/dev/pts/ptmx", os.O_RDONLY | os.O_NOCTTY)
