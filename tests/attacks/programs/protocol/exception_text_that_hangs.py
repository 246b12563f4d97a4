"""Raises an exception whose text never ends.

Ends: timed_out, user_code_failed
Wall: 3 s
"""


class Error(Exception):
    def __str__(self):
        while True:
            pass


raise Error
