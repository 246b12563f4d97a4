"""Matches a regular expression that backtracks for ever.

Ends: timed_out
Wall: 2 s
"""

import re

re.match(r"(a+)+$", "a" * 60 + "b")
