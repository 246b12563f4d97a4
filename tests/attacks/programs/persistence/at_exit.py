"""Registers work for after the end: atexit, finalisers, signal handlers, timers.

Ends: ok, worker_died
"""

import atexit
import signal
import threading
import time
import weakref


class Kept:
    def __del__(self):
        breach("ran after the end, in __del__")


keep = Kept()
weakref.finalize(keep, breach, "ran after the end, in a finaliser")
atexit.register(breach, "ran after the end, in atexit")
threading._register_atexit(breach, "ran after the end, in the threads' atexit")
signal.signal(signal.SIGALRM, lambda *_: time.sleep(60))
signal.setitimer(signal.ITIMER_REAL, 0.3, 0.3)
at_end = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(lambda _: breach("ran after the end, in C"))
ctypes.CDLL(None).__cxa_atexit(at_end, None, None)
