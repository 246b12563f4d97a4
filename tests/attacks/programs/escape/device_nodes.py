"""Makes device nodes, and opens those that a host may have.

Ends: ok
"""

import os
import stat

for number, kind in ((os.makedev(1, 1), stat.S_IFCHR), (os.makedev(8, 0), stat.S_IFBLK)):
    tries("made a device", os.mknod, "/tmp/device", kind | 0o666, number)
for name in (
    "mem", "kmem", "port", "kmsg", "kvm", "fuse", "loop0", "loop-control", "sda", "vda", "nvme0n1",
    "net/tun", "vhost-net", "vsock", "uinput", "input/event0", "cpu/0/msr", "rtc0", "snapshot",
    "vfio/vfio", "dri/card0", "kfd", "nvidiactl", "mapper/control", "autofs", "ppp", "watchdog",
    "zero", "tty", "console", "ptmx", "hwrng", "userfaultfd", "dma_heap/system", "shm/..",
):  # fmt: skip
    for flags in (os.O_RDONLY, os.O_RDWR):
        tries(f"opened /dev/{name}", os.open, f"/dev/{name}", flags | os.O_NONBLOCK | os.O_NOCTTY)
