"""Turns a large integer into text, past the guard.

Ends: timed_out, ok, user_code_failed
Wall: 3 s
"""

import sys

sys.set_int_max_str_digits(0)
str(7 ** (2**23))
