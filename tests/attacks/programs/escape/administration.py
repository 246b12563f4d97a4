"""Makes the calls of an administrator.

Ends: ok
"""

refused("swapon", b"/tmp/x", 0)
refused("swapoff", b"/tmp/x")
refused("acct", b"/tmp/x")
refused("quotactl", 0, 0, 0, 0)
refused("quotactl_fd", 0, 0, 0, 0)
refused("sethostname", b"x", 1)
refused("setdomainname", b"x", 1)
refused("iopl", 3)
refused("ioperm", 0, 1, 1)
refused("syslog", 5, 0, 0)
refused("lookup_dcookie", 0, 0, 0)
refused("sysfs", 3)
refused("ustat", 0, 0)
refused("kcmp", 1, 1, 0, 0, 0)
