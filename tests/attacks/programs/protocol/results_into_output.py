"""Sends the results into its own output and says nothing to the host.

Ends: worker_died
"""

import os

os.dup2(1, 4)
