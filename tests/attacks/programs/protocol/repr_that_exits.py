"""Returns a value whose repr ends the process's thread of thought.

Ends: ok, user_code_failed
"""


class Value:
    def __repr__(self):
        raise KeyboardInterrupt

    __str__ = __format__ = __hash__ = __bool__ = __len__ = __iter__ = __repr__


Value()
