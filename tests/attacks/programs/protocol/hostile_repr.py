"""Returns a value whose repr raises, hangs or is huge.

Ends: ok, user_code_failed, timed_out
Wall: 4 s
"""


class Value:
    def __repr__(self):
        return "x" * 2**30

    def __str__(self):
        raise SystemExit(0)


Value()
