"""Raises exceptions that cause each other.

Ends: user_code_failed
"""

first, second = ValueError("first"), ValueError("second")
first.__cause__, second.__cause__ = second, first
first.__context__ = ExceptionGroup("g", [ExceptionGroup("h", [second] * 100)] * 100)
raise first
