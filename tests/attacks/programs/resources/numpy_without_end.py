"""Fills NumPy arrays until memory is gone.

Ends: out_of_memory
"""

import numpy as np

kept = []
while True:
    kept.append(np.ones(8 * 2**20))
