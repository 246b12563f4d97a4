"""Never leaves machine code, with every signal blocked.

Ends: timed_out, user_code_failed
Wall: 2 s
"""

import signal

signal.pthread_sigmask(signal.SIG_SETMASK, range(1, 65))
native(b"\xeb\xfe")
