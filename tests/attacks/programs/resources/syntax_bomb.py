"""Parses an expression nested a hundred thousand deep.

Ends: user_code_failed
"""

eval("(" * 100_000 + ")" * 100_000)
