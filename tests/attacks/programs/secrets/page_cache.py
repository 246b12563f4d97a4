"""Maps a file of the host that is readable to all, by a link it makes itself.

Ends: ok
"""

import mmap
import os

os.symlink(HOST["secret_file"], "/tmp/link")
tries("read through a symbolic link", lambda: print(open("/tmp/link").read()))
tries("made a hard link", os.link, HOST["secret_file"], "/tmp/hard")
tries("moved it here", os.rename, HOST["secret_file"], "/tmp/moved")
tries("mapped it", lambda: mmap.mmap(os.open("/tmp/link", os.O_RDONLY), 0))
