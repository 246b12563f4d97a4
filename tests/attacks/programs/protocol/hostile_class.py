"""Returns a value that lies about its class, its length and its items.

Ends: ok, user_code_failed
"""


class Value(dict):
    __class__ = property(lambda _: list)
    __len__ = lambda _: -1
    __iter__ = lambda _: iter([1, 2, object()])
    keys = items = lambda _: [(object(), object())] * 10
    __eq__ = lambda *_: 1 / 0
    __hash__ = lambda _: 1 / 0
    __del__ = lambda _: 1 / 0
    __getattribute__ = lambda _, name: 1 / 0


Value(a=1)
