"""Opens what usually tells of a host and its users.

Ends: ok
"""

for path in (
    "/etc/passwd", "/etc/shadow", "/etc/hostname", "/etc/machine-id", "/etc/resolv.conf",
    "/etc/hosts", "/etc/ssh/ssh_host_rsa_key", "/etc/environment", "/run/secrets", "/.dockerenv",
    "/var/log/syslog", "/var/run/docker.sock", "/sys/class/dmi/id/product_uuid",
    "/sys/kernel/security", "/boot", "/proc/cmdline", "/proc/mounts", "/proc/net/tcp",
    "/proc/sys/kernel/hostname", "/proc/keys", "/proc/modules",
):  # fmt: skip
    tries(f"opened {path}", open, path, "rb")
