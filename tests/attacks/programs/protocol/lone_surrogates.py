"""Prints, returns and raises half characters.

Ends: user_code_failed, ok
"""

import sys

print("\ud800 printed")
sys.stderr.write("\udfff printed\n")
raise ValueError("\ud800 raised")
