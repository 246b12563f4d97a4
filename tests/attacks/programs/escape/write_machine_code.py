"""Runs its own machine code: a system call past every library.

Ends: ok
"""

# mov $57,%eax (fork); syscall; ret
result = native(b"\xb8\x39\x00\x00\x00\x0f\x05\xc3")
if result != -1:
    breach(f"fork answered {result}")
# mov $41,%eax; mov $2,%edi; mov $1,%esi; xor %edx,%edx; syscall; ret
result = native(b"\xb8\x29\x00\x00\x00\xbf\x02\x00\x00\x00\xbe\x01\x00\x00\x00\x31\xd2\x0f\x05\xc3")
if result != -1:
    breach(f"socket answered {result}")
