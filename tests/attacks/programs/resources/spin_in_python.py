"""Never stops computing.

Ends: timed_out
Wall: 2 s
"""

while True:
    pass
