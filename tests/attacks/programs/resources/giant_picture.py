"""Leaves an open figure of terapixels.

Ends: ok, user_code_failed, out_of_memory, worker_died, timed_out
Wall: 10 s
"""

import matplotlib.pyplot as plt

plt.figure(figsize=(1e4, 1e4), dpi=1000).add_subplot().plot([1, 2])
