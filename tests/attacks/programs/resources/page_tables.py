"""Touches the zero page all over the address space: only the page tables grow.

Ends: out_of_memory, user_code_failed
"""

libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
place = libc.mmap(None, 2**39, 1, 0x4022, -1, 0)
if place in (None, 2**64 - 1):
    raise MemoryError("refused")
# One read in each 2 MiB makes a page of page table: mov (%rdi),%al; add $2 MiB,%rdi; dec; jne.
code = b"\x48\xbf" + place.to_bytes(8, "little") + b"\x48\xc7\xc1\x00\x00\x04\x00"
code += b"\x8a\x07\x48\x81\xc7\x00\x00\x20\x00\x48\xff\xc9\x75\xf2\xc3"
native(code)
breach("made 1 GiB of page tables")
