"""Returns a value whose repr never ends.

Ends: timed_out
Wall: 3 s
"""


class Value:
    def __repr__(self):
        while True:
            pass


Value()
