"""Takes back what was set about it: dumpable, no new privileges, the filter.

Ends: ok
"""

libc = ctypes.CDLL(None, use_errno=True)
GET_DUMPABLE, SET_DUMPABLE, SET_SECCOMP, GET_NO_NEW_PRIVS = 3, 4, 22, 39
libc.prctl(SET_DUMPABLE, 1, 0, 0, 0)
if libc.prctl(GET_DUMPABLE, 0, 0, 0, 0) != 0:
    breach("it can be dumped, to whatever program the host names in core_pattern")
libc.prctl(38, 0, 0, 0, 0)
if libc.prctl(GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1:
    breach("it may gain privileges")
refused("prctl", SET_SECCOMP, 2, 0, 0, 0)
refused("prctl", 62, 1, 0, 0, 0)
refused("prctl", SET_DUMPABLE | 1 << 32, 1, 0, 0, 0)
