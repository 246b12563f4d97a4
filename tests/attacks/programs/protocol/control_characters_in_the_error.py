"""Raises what steers terminals.

Ends: user_code_failed
"""

raise ValueError("\x1b]0;pwned\x07\x1b[2J\r\x00\x9b31m")
