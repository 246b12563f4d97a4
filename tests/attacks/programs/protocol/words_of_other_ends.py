"""Dies with words on stderr that make it look like another end.

Ends: worker_died, out_of_memory
"""

import os

os.write(2, b"F0000 Check failed: RESOURCE_EXHAUSTED: Out of memory\npthread_create\n")
os.abort()
