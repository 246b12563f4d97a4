"""Writes everywhere that a system keeps things.

Ends: ok
"""

for folder in ("/", "/usr/lib", "/var/tmp", "/run", "/dev", "/dev/pts", "/proc", "/sb", "/mnt",
               "/etc", "/lib", "/opt", "/srv", "/sb/lib/jax_workbench", "/dev/mqueue"):  # fmt: skip
    tries(f"wrote in {folder}", lambda f=folder: open(f"{f}/attack-left", "w").close())
