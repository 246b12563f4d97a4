"""What the hostile programs are after, planted on the host, and whether they got it."""

import os
import secrets
import socket
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.processes import descendants

WATCHED = ("/dev/shm", "/var/tmp", tempfile.gettempdir(), str(Path.home()))  # noqa: S108
"""Where a leftover of a program, by its name `attack-...`, would be found."""
SECRET_VARIABLE = "ATTACK_BAIT"  # noqa: S105 - its name


@dataclass(frozen=True)
class Bait:
    """Things of the host that no job may reach."""

    secrets: dict[str, str]
    """Where it lies: the text that must not come out of any job."""
    host: dict[str, Any]
    """What a program is told, so that only the jail stands in its way."""
    listeners: dict[str, socket.socket]
    victim: subprocess.Popen[bytes]
    """A process of the jobs' own uid."""
    victim_before: tuple[object, ...]
    ipc_before: set[tuple[str, ...]]

    def touched(self) -> list[str]:
        """Say what of the bait has been reached or changed."""
        found = [f"{name} heard something" for name in self.listeners if self._heard(name)]
        if self.victim.poll() is not None:
            found.append("a process of the same uid is dead")
        elif state_of(self.victim.pid) != self.victim_before:
            found.append("a process of the same uid has other limits, priority or cores")
        if ipc() != self.ipc_before:
            found.append("shared memory, a semaphore or a message queue is left")
        for folder in WATCHED:
            found += [f"left {path}" for path in Path(folder).glob("attack-*")]
        return found

    def processes_of_jobs(self) -> int:
        """How many processes there are in the jail, with those that wait for a job."""
        ours = {self.victim.pid, *descendants(self.victim.pid)}
        return len(descendants(os.getpid()).keys() - ours)

    def _heard(self, name: str) -> bool:
        listener = self.listeners[name]
        try:
            if listener.type == socket.SOCK_DGRAM:
                return bool(listener.recv(100))
            listener.accept()[0].close()
        except BlockingIOError:
            return False
        return True


@contextmanager
def planted(job_uid: int) -> Generator[Bait]:
    """Plant it; `job_uid` is who runs the jobs."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bait-")))
        folder.chmod(0o755)
        hidden = {name: f"{name}-{secrets.token_hex(12)}" for name in ("variable", "file", "argv")}
        (folder / "secret").write_text(hidden["file"], encoding="ascii")
        (folder / "secret").chmod(0o644)
        os.environ[SECRET_VARIABLE] = hidden["variable"]
        stack.callback(os.environ.pop, SECRET_VARIABLE)
        listeners = _listeners(folder, stack)
        victim = _victim(job_uid, hidden, stack)
        yield Bait(
            secrets=hidden,
            host=_told(folder, listeners, victim),
            listeners=listeners,
            victim=victim,
            victim_before=state_of(victim.pid),
            ipc_before=ipc(),
        )


def _listeners(folder: Path, stack: ExitStack) -> dict[str, socket.socket]:
    kinds = {
        "tcp": (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
        "udp": (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
        "unix": (socket.AF_UNIX, socket.SOCK_STREAM, str(folder / "socket")),
        "unix_datagram": (socket.AF_UNIX, socket.SOCK_DGRAM, str(folder / "datagrams")),
        "abstract": (socket.AF_UNIX, socket.SOCK_STREAM, f"\0attack-{secrets.token_hex(6)}"),
        "abstract_datagram": (socket.AF_UNIX, socket.SOCK_DGRAM, f"\0a{secrets.token_hex(6)}"),
    }
    if socket.has_ipv6:
        kinds["tcp6"] = (socket.AF_INET6, socket.SOCK_STREAM, ("::1", 0))
    listeners: dict[str, socket.socket] = {}
    for name, (family, kind, address) in kinds.items():
        listener = stack.enter_context(socket.socket(family, kind))
        try:
            listener.bind(address)
        except OSError:
            if name == "tcp6":  # built in, but switched off on this host
                continue
            raise
        if kind == socket.SOCK_STREAM:
            listener.listen()
        listener.setblocking(False)
        listeners[name] = listener
    for name in ("socket", "datagrams"):
        (folder / name).chmod(0o777)
    return listeners


def _victim(job_uid: int, hidden: dict[str, str], stack: ExitStack) -> subprocess.Popen[bytes]:
    victim = subprocess.Popen(  # noqa: S603 - a fixed command
        ["/bin/sh", "-c", "sleep 3600; :", hidden["argv"]],
        env={"PATH": "/usr/bin:/bin", SECRET_VARIABLE: hidden["variable"]},
        user=job_uid if os.geteuid() == 0 else None,
        start_new_session=True,
    )

    def end() -> None:
        os.killpg(victim.pid, 9)
        victim.wait()

    stack.callback(end)
    return victim


def _told(
    folder: Path, listeners: dict[str, socket.socket], victim: subprocess.Popen[bytes]
) -> dict[str, Any]:
    addresses = {name: listener.getsockname() for name, listener in listeners.items()}
    return {
        "secret_file": str(folder / "secret"),
        "home": str(Path.home()),
        "hostname": socket.gethostname(),
        "working_folder": str(Path.cwd()),
        "pid": os.getpid(),
        "victim_pid": victim.pid,
        **{
            name: address.decode("latin-1").lstrip("\0") if isinstance(address, bytes) else address
            for name, address in addresses.items()
        },
    }


def job_uid() -> int:
    """Who runs the jobs of this process's pool: the owner of its jail, or of its zygote."""
    below = descendants(os.getpid())
    jail = next((pid for pid, name in below.items() if name == "bwrap"), min(below))
    status = Path(f"/proc/{jail}/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith("Uid:")).split()[1])


def state_of(pid: int) -> tuple[object, ...]:
    """Limits, priority, cores and scheduler of a process."""
    about = Path("/proc", str(pid))
    return (
        (about / "limits").read_text(encoding="ascii"),
        os.getpriority(os.PRIO_PROCESS, pid),
        frozenset(os.sched_getaffinity(pid)),
        os.sched_getscheduler(pid),
        (about / "oom_score_adj").read_text(encoding="ascii"),
    )


def ipc() -> set[tuple[str, ...]]:
    """Key and id of each of the host's System V objects."""
    tables = [Path("/proc/sysvipc", kind) for kind in ("shm", "sem", "msg")]
    return {
        (table.name, *line.split()[:2])
        for table in tables
        if table.exists()
        for line in table.read_text(encoding="ascii").splitlines()[1:]
    }
