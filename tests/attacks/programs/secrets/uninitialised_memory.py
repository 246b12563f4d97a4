"""Looks in fresh memory for what an earlier job or the zygote freed.

Ends: ok
"""

import numpy as np

pieces = np.empty(32 * 2**20, np.uint8).tobytes()
print(*[pieces[i : i + 80] for i in range(0, len(pieces), 2**20) if any(pieces[i : i + 80])][:20])
for word in (b"variable-", b"file-", b"argv-"):
    place = pieces.find(word)
    if place >= 0:
        print(pieces[place : place + 60])
# ---- the next job ----
import numpy as np

pieces = np.empty(32 * 2**20, np.uint8).tobytes()
if b"32 * 2**20" in pieces:
    breach("the earlier job's source is in fresh memory")
