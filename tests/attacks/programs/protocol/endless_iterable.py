"""Returns a value that never stops giving items, and one that holds itself.

Ends: ok, user_code_failed, timed_out
Wall: 4 s
"""


class Value(list):
    def __iter__(self):
        while True:
            yield 1


itself = []
itself.append(itself)
[Value(), itself]
