"""Makes files until there are no more.

Ends: user_code_failed
"""

import os

for index in range(10**6):
    os.close(os.open(f"/tmp/{index}", os.O_CREAT))
breach("made a million files")
