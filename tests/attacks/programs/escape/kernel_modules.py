"""Loads code into the kernel.

Ends: ok
"""

refused("init_module", 0, 0, b"")
refused("finit_module", 0, b"", 0)
refused("delete_module", b"x", 0)
refused("kexec_load", 0, 0, 0, 0)
refused("kexec_file_load", 0, 0, 0, 0, 0)
refused("reboot", 0xFEE1DEAD, 672274793, 0x1234567, 0)
