"""Leaves a thousand open figures.

Ends: ok, output_too_large, timed_out, out_of_memory
Wall: 10 s
"""

import matplotlib.pyplot as plt

for _ in range(1000):
    plt.figure()
