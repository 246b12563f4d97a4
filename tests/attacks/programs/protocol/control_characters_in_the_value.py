"""Returns what steers terminals, in the value and in a traceback.

Ends: ok
"""

{"\x1b[2J": "\x1b]0;x\x07\x9b", "nul": "\0", "surrogate free": "\u2028"}
