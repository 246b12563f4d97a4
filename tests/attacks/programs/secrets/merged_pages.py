"""Has the kernel merge its pages with equal ones of others, to learn by timing what they hold.

Ends: ok
"""

refused("prctl", 67, 1, 0, 0, 0)
