"""Makes calls through int 0x80, whose numbers are those of i386.

Ends: worker_died, ok
"""

# mov $102,%eax (socketcall there); xor ebx, ecx; int $0x80; ret
result = native(b"\xb8\x66\x00\x00\x00\x31\xdb\x31\xc9\xcd\x80\xc3")
if result != -38:
    breach(f"int 0x80 answered {result}")
