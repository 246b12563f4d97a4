"""Asks for accounts, groups and logins.

Ends: ok
"""

import getpass
import os
import pwd

tries("knows the account", lambda: pwd.getpwuid(os.getuid()))
if pwd.getpwall():
    breach("lists accounts")
tries("knows who is logged in", os.getlogin)
if os.getgroups() not in ([], [os.getgid()], [65534]):
    print("groups:", os.getgroups())
