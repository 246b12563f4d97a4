"""Text of objects that may lie, raise or never end. Runs in the worker."""

REPR_LIMIT = 4096
NAME_LIMIT = 100


def shorten(text: str, limit: int) -> str:
    """`text`, with its middle left out where it has more than `limit` characters."""
    if len(text) <= limit:
        return text
    mark = f" ... [{len(text) - limit} characters left out] ... "
    kept = max(limit - len(mark), 0)
    head = kept * 2 // 3
    return text[:head] + mark + text[len(text) - (kept - head) :]


def plain(text: str) -> str:
    """`text` as an exact `str` that can be encoded: a lone surrogate becomes its escape."""
    return str.__str__(text).encode("utf-8", "backslashreplace").decode("utf-8")


def type_name(value: object) -> str:
    """Name of the class that `value` really has, whatever `__class__` says."""
    # The slot itself: a metaclass may define its own `__name__`.
    return shorten(plain(type.__dict__["__name__"].__get__(type(value))), NAME_LIMIT)


def message_of(error: BaseException) -> str:
    """Text of `error`, whatever its class makes of `str`."""
    try:
        return plain(str(error))
    except BaseException as raised:  # noqa: BLE001 - the class of a user's exception may do anything
        return f"<its text could not be made: {type_name(raised)}>"


def repr_of(value: object, limit: int = REPR_LIMIT) -> str:
    """`repr(value)`, cut to `limit` characters; says so if it raises."""
    try:
        return shorten(plain(repr(value)), limit)
    except BaseException as raised:  # noqa: BLE001 - a user's __repr__ may do anything
        return f"<{type_name(value)} object; its repr raised {type_name(raised)}>"
