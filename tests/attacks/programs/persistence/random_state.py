"""Fixes the random numbers of the next job.

Ends: ok
"""

import random

import numpy as np

random.seed(1234)
np.random.seed(1234)
random.random = lambda: 0.5
# ---- the next job ----
import random

import numpy as np

random_number = np.random.rand()
if random.random() == 0.5 or abs(random_number - 0.1915194503788923) < 1e-12:
    breach("the random state is the earlier job's")
