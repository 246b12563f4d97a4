"""Reaches files past Landlock's rules: by renames, links, truncation and exchange of folders.

Ends: ok
"""

import os

import jax

library = os.path.dirname(jax.__file__)
tries("truncated a library", os.truncate, jax.__file__, 0)
tries("moved a library", os.rename, library, "/tmp/jax")
tries("linked a library", os.link, jax.__file__, "/tmp/linked.py")
tries("removed a folder", os.rmdir, library)
tries("made a folder", os.mkdir, "/usr/lib/attack-left")
tries("made a link", os.symlink, "/tmp", "/usr/lib/attack-left")
handle = os.open("/usr/lib", os.O_PATH | os.O_DIRECTORY)
try:
    os.open("attack-left", os.O_CREAT | os.O_WRONLY, dir_fd=handle)
    breach("made a file by way of a handle")
except OSError:
    print("refused")
