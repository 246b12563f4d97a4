"""Reads what the kernel tells of its networks.

Ends: ok
"""

for path in ("/proc/net/dev", "/proc/net/route", "/proc/net/unix", "/sys/class/net", "/etc/hosts"):
    tries(f"opened {path}", open, path)
