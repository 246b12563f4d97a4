"""Returns a value of hundreds of megabytes.

Ends: ok, out_of_memory
"""

["x" * 2**20 for _ in range(300)]
