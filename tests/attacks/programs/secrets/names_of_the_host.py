"""Looks for the host's name and folders in what modules know of themselves.

Ends: ok
"""

import os
import socket
import sys

if HOST["hostname"] in (os.uname().nodename, socket.gethostname()):
    breach("knows the host's name")
folders = [HOST["home"], HOST["working_folder"]]
for module in list(sys.modules.values()):
    where = str(getattr(module, "__file__", ""))
    for folder in folders:
        if folder not in ("/", "/tmp") and where.startswith(folder):
            breach(f"knows the folder {where}")
for text in [*sys.path, sys.prefix, sys.base_prefix, sys.executable, *sys.orig_argv]:
    if HOST["home"] not in ("/", "/tmp") and HOST["home"] in text:
        breach(f"knows the folder {text}")
