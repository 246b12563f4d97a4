"""Leaves by sys.exit.

Ends: user_code_failed, ok
"""

import sys

sys.exit(0)
