"""Removes the standard streams and the printing functions.

Ends: worker_died, ok, user_code_failed
"""

import builtins
import sys

del sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__
del builtins.print, builtins.repr, builtins.str
