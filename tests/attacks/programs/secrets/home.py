"""Lists home folders and the server's working folder.

Ends: ok
"""

import os
from pathlib import Path

for folder in {HOST["home"], "/root", "/home", "/home/user", HOST["working_folder"]}:
    if folder not in ("/", "/tmp"):
        tries(f"listed {folder}", os.listdir, folder)
for file in (".ssh/id_rsa", ".netrc", ".aws/credentials", ".bash_history", ".config"):
    tries(f"saw {file}", os.stat, Path(HOST["home"], file))
