"""Closes the folders and files of its user to everybody, its own user and the next job included.

Landlock has no rule for modes, owners, times and attributes.

Ends: ok
"""

import os
import stat
import tempfile

import jax


def change(path):
    """Return what can be changed about a path, mode first."""
    os.stat(path)
    handle = os.open(path, os.O_PATH)
    about = f"/proc/self/fd/{handle}"
    return {
        "mode": lambda: os.chmod(path, 0),
        "mode by descriptor": lambda: os.chmod(about, 0),
        "owner": lambda: os.chown(path, os.getuid(), os.getgid()),
        "times": lambda: os.utime(path, (0, 0)),
        "attributes": lambda: os.setxattr(path, "user.attack", b"x"),
    }


own = tempfile.gettempdir()
others = {os.path.dirname(own), HOST["secret_file"], os.path.dirname(HOST["secret_file"])}
others |= {HOST["home"], os.path.expanduser("~/.."), jax.__file__, os.path.dirname(jax.__file__)}
for path in sorted(others - {"/"}):
    try:
        changes = change(path)
    except OSError:
        continue
    for what, attack in changes.items():
        tries(f"changed {what} of {path}", attack)
if not stat.S_ISDIR(os.stat("/tmp").st_mode):
    breach("there is no /tmp")
try:
    os.chmod(own, 0)
except OSError as error:
    print(error)
# ---- the next job ----
import os
import tempfile

with tempfile.TemporaryFile() as file:
    file.write(b"x")
os.makedirs("outputs", exist_ok=True)
