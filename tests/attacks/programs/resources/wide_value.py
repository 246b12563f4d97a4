"""Returns a value of millions of small parts.

Ends: ok, out_of_memory, timed_out
"""

[{} for _ in range(3_000_000)]
