"""Computes an integer with ten thousand million digits.

Ends: timed_out, out_of_memory
Wall: 3 s
"""

7 ** (10**10)
