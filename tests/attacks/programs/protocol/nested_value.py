"""Returns a value nested too deeply for any parser.

Ends: ok
"""

value = 1
for _ in range(100_000):
    value = [value]
value
