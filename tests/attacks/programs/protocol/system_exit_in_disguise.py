"""Raises what ends programs, with a value that is none.

Ends: user_code_failed, ok, worker_died
"""


class Quiet(SystemExit):
    code = property(lambda _: 1 / 0)

    def __str__(self):
        raise Quiet


raise Quiet({"exit": object()})
