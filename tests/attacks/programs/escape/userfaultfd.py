"""Takes page faults into its own hands.

Ends: ok
"""

for flags in (0, 1, 0o2000000, 0o4000):
    refused("userfaultfd", flags)
tries("opened the device", open, "/dev/userfaultfd")
