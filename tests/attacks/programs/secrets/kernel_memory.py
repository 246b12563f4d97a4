"""Opens the kernel's own memory, symbols and log.

Ends: ok
"""

for path in ("/proc/kcore", "/dev/core", "/dev/mem", "/dev/kmem", "/dev/port", "/proc/kallsyms"):
    tries(f"opened {path}", open, path, "rb")
for path in ("/dev/kmsg", "/proc/kmsg", "/sys/kernel/debug", "/sys/kernel/tracing/trace"):
    tries(f"opened {path}", open, path, "rb")
refused("syslog", 3, ctypes.create_string_buffer(4096), 4096)
refused("syslog", 10, 0, 0)
