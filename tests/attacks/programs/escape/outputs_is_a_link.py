"""Replaces the folder outputs/ itself by a link.

Ends: ok, user_code_failed
"""

import os
import shutil

shutil.rmtree("outputs", ignore_errors=True)
os.symlink("/usr/lib", "outputs")
