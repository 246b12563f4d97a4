"""Makes the calls that end a job do nothing, to go on in the code of its guards.

Ends: ok, worker_died, timed_out
Wall: 4 s
"""

import os

os._exit = lambda *_: None
os.abort = lambda *_: None
