"""Leaves trace functions, import hooks and display hooks behind.

Ends: ok, user_code_failed
"""

import sys
import threading

sys.setprofile(lambda *_: None)
threading.settrace(lambda *_: None)
sys.addaudithook(lambda *_: None)
sys.excepthook = sys.unraisablehook = sys.displayhook = lambda *_: None
# ---- the next job ----
import sys

if sys.getprofile() or sys.gettrace() or sys.excepthook is not sys.__excepthook__:
    breach("a hook stayed")
