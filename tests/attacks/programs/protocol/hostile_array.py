"""Returns arrays with shapes, types and contents that were not meant.

Ends: ok, user_code_failed
"""

import numpy as np


class Array(np.ndarray):
    shape = property(lambda _: (-1, object()))
    dtype = property(lambda _: 1 / 0)
    __array_finalize__ = __array__ = lambda *_: 1 / 0


parts = [
    np.lib.stride_tricks.as_strided(np.zeros(1), (2**40,), (0,)),
    np.array([object()] * 3),
    np.zeros((0,) * 30),
    np.zeros(3, "S1000000"),
    np.zeros(1, [("a", "O"), ("b", "f8", (100, 100))]),
    np.array(["\ud800"], object),
]
parts
