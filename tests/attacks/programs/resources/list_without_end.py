"""Appends to a list until memory is gone.

Ends: out_of_memory, worker_died, timed_out
"""

kept = []
while True:
    kept.append(bytearray(2**20))
