"""Raises an exception with a text of a gigabyte, in a chain of ten thousand.

Ends: user_code_failed, out_of_memory
"""

error = ValueError("x" * 2**28)
for _ in range(10_000):
    last = error
    error = ValueError("y")
    error.__cause__ = last
raise error
