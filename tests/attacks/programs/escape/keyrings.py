"""Changes keyrings and waits on their memory.

Ends: ok
"""

for command in range(33):
    refused("keyctl", command, 0, 0, 0, 0)
