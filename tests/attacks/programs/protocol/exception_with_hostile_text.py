"""Raises an exception whose text raises, whose name lies and whose notes are no texts.

Ends: user_code_failed
"""


class Error(Exception):
    def __str__(self):
        raise SystemExit

    __repr__ = __str__
    __notes__ = [object(), 1]
    __cause__ = property(lambda _: 1 / 0)
    __traceback__ = property(lambda _: 1 / 0)


Error.__name__ = "sandbox_unavailable: \x1b[2J\n"
Error.__qualname__ = "x" * 10**6
raise Error
