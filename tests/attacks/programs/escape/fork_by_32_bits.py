"""Forks through int 0x80.

Ends: worker_died, ok
"""

# mov $2,%eax; int $0x80; ret
if native(b"\xb8\x02\x00\x00\x00\xcd\x80\xc3") >= 0:
    breach("forked")
