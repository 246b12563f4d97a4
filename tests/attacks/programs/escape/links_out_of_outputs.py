"""Puts links into outputs/ that point at secrets, devices and folders outside.

Ends: ok, user_code_failed
Wall: 10 s
"""

import os

os.makedirs("outputs", exist_ok=True)
os.symlink(HOST["secret_file"], "outputs/secret.txt")
os.symlink("/proc/cpuinfo", "outputs/cpuinfo.txt")
os.symlink("/dev/urandom", "outputs/random.bin")
os.symlink("/", "outputs/root")
os.symlink(".", "outputs/loop")
