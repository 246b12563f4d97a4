"""Sets what file systems keep of files beside their content: flags, seals, keys and snapshots.

A file that is append-only, sealed or a volume of its own would outlive the job that made it.

Ends: ok
"""

import os
import struct

import jax

FS_IOC_SETFLAGS, FS_IOC_FSSETXATTR, FS_IOC_ENABLE_VERITY = 0x40086602, 0x401C5820, 0x40806685
FS_IOC_SET_ENCRYPTION_POLICY, FITRIM, FIFREEZE = 0x800C6613, 0xC0185879, 0xC0045877
BTRFS_IOC_SNAP_CREATE_V2, BTRFS_IOC_SUBVOL_CREATE, FICLONE = 0x50009417, 0x5000940E, 0x40049409
EXT4_IOC_MOVE_EXT, EXT4_IOC_SHUTDOWN = 0xC028660F, 0x8004587D
REQUESTS = (
    *(FS_IOC_SETFLAGS, FS_IOC_FSSETXATTR, FS_IOC_ENABLE_VERITY, FS_IOC_SET_ENCRYPTION_POLICY),
    *(FITRIM, FIFREEZE, BTRFS_IOC_SNAP_CREATE_V2, BTRFS_IOC_SUBVOL_CREATE, FICLONE),
    *(EXT4_IOC_MOVE_EXT, EXT4_IOC_SHUTDOWN),
)
os.makedirs("inner", exist_ok=True)
with open("mine", "wb") as file:
    file.write(b"x" * 4096)
for path in ("mine", "inner", jax.__file__, os.path.dirname(jax.__file__), "/usr/lib"):
    handle = os.open(path, os.O_RDONLY)
    for request in REQUESTS:
        for number in (request, request | 1 << 32):
            result, error = call("ioctl", handle, number, struct.pack("Q", 0x40) + bytes(4096))
            if error not in {"ENOTSUP", "EOPNOTSUPP", "EPERM"}:
                breach(f"ioctl {request:#x} on {path} reached the kernel: {error or result}")
