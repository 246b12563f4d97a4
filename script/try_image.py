"""Run the image at ROOT as docs/containers.md says, and see what holds: ROOT WORK.

Without an engine: the options become a runtime specification, and runc runs it.
"""

import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent.parent
UID = 10001
DOCUMENTED = "as documented"
OPEN_PROC = "as documented, with systempaths=unconfined"
CLOSED = "closed as an engine's own profiles do"
CODE = "import jax.numpy as jnp\nprint('sum', float(jnp.arange(5.0).sum()))"


def main() -> None:
    """Run doctor, one job and the health check, then the same where the container is closed."""
    root, work = Path(sys.argv[1]), Path(sys.argv[2])
    asked = work / "asked"
    asked.mkdir()
    (asked / "ask.json").write_text(json.dumps({"code": CODE}), encoding="utf-8")
    work.chmod(0o755)
    call = ["call", "run_jax_code", "/asked/ask.json"]
    for tier, options, command, expected in (
        ("auto", DOCUMENTED, ["doctor"], "ok    sandbox   full"),
        ("auto", DOCUMENTED, call, '"tier": "full"'),
        ("auto", DOCUMENTED, ["health"], "has no health page"),
        ("auto", OPEN_PROC, ["doctor"], "ok    sandbox   full"),
        ("full", CLOSED, ["doctor"], "mend: The container's seccomp profile forbids"),
        ("landlock", CLOSED, ["doctor"], "sandbox   landlock: "),
        ("landlock", CLOSED, call, '"tier": "landlock"'),
    ):
        print(f"\n-- JAX_WORKBENCH_SANDBOX={tier} jax-workbench {' '.join(command)} ({options})")
        said = ran(root, work, command, tier=tier, options=options)
        print(said.strip(), flush=True)
        if expected not in said:
            sys.exit(f"expected {expected!r}")


def ran(root: Path, work: Path, command: list[str], *, tier: str, options: str) -> str:
    """What one container printed."""
    bundle = work / "bundle"
    bundle.mkdir(exist_ok=True)
    text = json.dumps(specification(root, work, command, tier=tier, options=options))
    (bundle / "config.json").write_text(text, encoding="utf-8")
    run = ["runc", "--root", str(work / "runc"), "run", "--bundle", str(bundle), f"try-{root.name}"]
    done = subprocess.run(run, capture_output=True, text=True, timeout=300, check=False)  # noqa: S603
    return done.stdout + done.stderr


def specification(
    root: Path, work: Path, command: list[str], *, tier: str, options: str
) -> dict[str, object]:
    """What `docker run --read-only --cap-drop ALL ...` asks of a runtime."""
    masked = ["/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/scsi"]
    read_only = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
    state = f"mode=700,uid={UID},gid={UID}"
    return {
        "ociVersion": "1.0.2",
        "process": {
            "user": {"uid": UID, "gid": UID},
            "args": ["jax-workbench", *command],
            "env": [
                "PATH=/opt/jax-workbench/bin:/usr/local/bin:/usr/bin:/bin",
                "HOME=/tmp",
                "PYTHONUNBUFFERED=1",
                "PYTHONDONTWRITEBYTECODE=1",
                "JAX_WORKBENCH_STATE_DIR=/state",
                f"JAX_WORKBENCH_SANDBOX={tier}",
            ],
            "cwd": "/tmp",
            "capabilities": {
                kind: [] for kind in ("bounding", "effective", "permitted", "inheritable")
            },
            "noNewPrivileges": True,
        },
        "root": {"path": str(root), "readonly": True},
        "hostname": "workbench",
        "mounts": [
            mount("/proc", "proc"),
            mount("/dev", "tmpfs", "nosuid", "mode=755", "size=65536k"),
            mount("/dev/pts", "devpts", "newinstance", "ptmxmode=0666", "mode=0620"),
            mount("/dev/shm", "tmpfs", "nosuid", "nodev", "mode=1777", "size=65536k"),
            mount("/tmp", "tmpfs", "nosuid", "nodev", "mode=1777", "size=1g"),
            mount("/state", "tmpfs", "nosuid", "nodev", state),
            {"destination": "/asked", "source": str(work / "asked"), "options": ["rbind", "ro"]},
        ],
        "linux": {
            "namespaces": [{"type": kind} for kind in ("pid", "mount", "ipc", "uts", "network")],
            "seccomp": json.loads((HERE / "docker/seccomp.json").read_text())
            if options != CLOSED
            else DENY,
            "maskedPaths": [] if options == OPEN_PROC else masked,
            "readonlyPaths": [] if options == OPEN_PROC else read_only,
        },
    }


def mount(place: str, kind: str, *options: str) -> dict[str, object]:
    """One file system of a container."""
    return {"destination": place, "type": kind, "source": kind, "options": list(options)}


DENY = {
    "defaultAction": "SCMP_ACT_ALLOW",
    "syscalls": [
        {"names": ["unshare", "mount", "setns"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1},
        {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38},
        {
            "names": ["clone"],
            "action": "SCMP_ACT_ERRNO",
            "errnoRet": 1,
            "args": [
                {
                    "index": 0,
                    "value": 0x10000000,
                    "valueTwo": 0x10000000,
                    "op": "SCMP_CMP_MASKED_EQ",
                }
            ],
        },
    ],
}
"""What engines' own profiles refuse of a container without capabilities."""


if __name__ == "__main__":
    main()
