"""Prepares a request to the address where clouds keep credentials.

Ends: ok
"""

import urllib.request

# The socket must not even be made; nothing is sent beyond this host if it were.
refused("socket", 2, 1, 6)
tries("fetched", lambda: urllib.request.urlopen(f"http://127.0.0.1:{HOST['tcp'][1]}/", timeout=1))
