"""Writes settings of the kernel.

Ends: ok
"""

for path in ("kernel/core_pattern", "kernel/modprobe", "vm/overcommit_memory", "kernel/panic"):
    tries(f"opened {path}", open, f"/proc/sys/{path}", "w")
for path in ("/proc/sysrq-trigger", "/sys/kernel/uevent_helper", "/proc/self/oom_score_adj",
             "/proc/self/uid_map", "/sys/fs/cgroup/cgroup.procs"):  # fmt: skip
    tries(f"opened {path}", open, path, "w")
refused("_sysctl", 0)
