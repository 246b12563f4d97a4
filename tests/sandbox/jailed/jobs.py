"""Functions that the sandbox's own tests run in the jail; standard library only."""

import json
import mmap
import os
import resource
import signal
import sys
import time
from typing import Any

MIB = 2**20


def assert_forkable() -> None:
    """Nothing to object: this profile starts no thread."""


def prepare(shape: dict[str, Any]) -> dict[str, Any]:
    """Say what was asked for."""
    return {"device": "test", "platform": "test", **shape}


def prepare_later(_shape: dict[str, Any]) -> dict[str, Any]:
    """Start nothing yet."""
    return {}


def echo(argument: dict[str, Any], channel: Any) -> dict[str, Any]:
    """Give back what came in."""
    return {"argument": argument, "blobs": {k: len(v) for k, v in channel.blobs.items()}}


def speak(argument: dict[str, Any], channel: Any) -> dict[str, Any]:
    """Print, report progress, save a file."""
    sys.stdout.write(argument["out"] + "\n")
    sys.stderr.write(argument["err"] + "\n")
    channel.progress("half way")
    channel.save("a.bin", "application/octet-stream", b"\x00\x01")
    return {"done": True}


def flood(argument: dict[str, Any], _channel: Any) -> dict[str, Any]:
    """Write MiBs to stdout."""
    for _ in range(argument["mib"]):
        os.write(1, b"x" * MIB)
    return {}


def use_device(argument: dict[str, Any], _channel: Any) -> dict[str, Any]:
    """Try what a GPU's driver does; say which of it was refused."""
    attempts: dict[str, Any] = {
        "open its device": lambda: os.open(argument["device"], os.O_RDWR),
        "name its thread": lambda: _write_text(f"/proc/self/task/{os.getpid()}/comm", "driver"),
        "make an anonymous file": lambda: os.memfd_create("driver"),
        "read the bus": lambda: os.listdir("/sys/bus/pci"),  # noqa: PTH208
        "read another device": lambda: os.open("/dev/tty", os.O_RDWR),
        "write a setting of the kernel": lambda: _write_text("/proc/sys/kernel/core_pattern", "x"),
        "read the memory of its init": lambda: os.open("/proc/1/mem", os.O_RDONLY),
    }
    refused: list[str] = []
    for name, attempt in attempts.items():
        try:
            attempt()
        except OSError:
            refused.append(name)
    pids = [name for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208
    unlimited = resource.getrlimit(resource.RLIMIT_DATA)[0] == resource.RLIM_INFINITY
    return {"refused": refused, "pids": pids, "may_map_anything": unlimited}


def _write_text(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii") as file:  # noqa: PTH123
        file.write(text)


def spin(_argument: dict[str, Any], _channel: Any) -> dict[str, Any]:
    """Use CPU for ever, deaf to signals."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGXCPU):
        signal.signal(number, signal.SIG_IGN)
    while True:
        pass


def sleep(argument: dict[str, Any], channel: Any) -> dict[str, Any]:
    """Say so, then sleep."""
    channel.progress("asleep")
    time.sleep(argument["s"])
    return {}


def leave_drafts(argument: dict[str, Any], channel: Any) -> dict[str, Any]:
    """Leave two drafts, say so, then sleep."""
    for content in (b"early", b"late"):
        channel.draft("state", "text/plain", content)
    channel.progress("left")
    time.sleep(argument["s"])
    return {}


def burn(_argument: dict[str, Any], _channel: Any) -> dict[str, Any]:
    """Use CPU for ever, as honest code does."""
    while True:
        pass


def keep(argument: dict[str, Any], channel: Any) -> dict[str, Any]:
    """Say what the kept folder holds, and write more into it; then end as `then` says."""
    folder = str(channel.kept_folder)
    if not folder:
        return {"folder": "", "found": {}}
    found: dict[str, str] = {}
    for name in sorted(os.listdir(folder)):  # noqa: PTH208
        with open(f"{folder}/{name}", encoding="utf-8") as file:  # noqa: PTH123
            found[name] = file.read()
    for name, text in argument.get("write", {}).items():
        with open(f"{folder}/{name}", "w", encoding="utf-8") as file:  # noqa: PTH123
            file.write(text)
    if argument.get("trap"):
        os.mkfifo(f"{folder}/pipe")
        os.symlink("/proc/meminfo", f"{folder}/link")  # noqa: PTH211
        os.mkdir(f"{folder}/folder")  # noqa: PTH102
    while argument.get("then") == "spin":
        channel.progress("busy")
        time.sleep(0.1)
    return {"folder": folder, "found": found}


def allocate(argument: dict[str, Any], _channel: Any) -> dict[str, Any]:
    """Ask for private memory; say whether it was refused."""
    try:
        kept = bytearray(argument["mib"] * MIB)
    except MemoryError:
        return {"refused": True}
    return {"refused": False, "bytes": len(kept)}


def allocate_shared(argument: dict[str, Any], _channel: Any) -> dict[str, Any]:
    """Map files of the scratch folder and fill them, which RLIMIT_DATA does not count."""
    areas: list[mmap.mmap] = []
    for number in range(argument["mib"] // 32):
        with open(f"/tmp/{number}", "wb+") as file:  # noqa: PTH123, S108
            file.truncate(32 * MIB)
            areas.append(mmap.mmap(file.fileno(), 32 * MIB))
        areas[-1].write(b"x" * (32 * MIB))
    time.sleep(30)
    return {}


def end(argument: dict[str, Any], _channel: Any) -> dict[str, Any]:
    """End in the way asked for."""
    if "signal" in argument:
        os.kill(os.getpid(), argument["signal"])
    os._exit(argument["code"])


def raw_result(argument: dict[str, Any], _channel: Any) -> dict[str, Any]:
    """Write bytes on the result pipe, then go on."""
    os.write(4, bytes.fromhex(argument["hex"]))
    return {}


def big_value(argument: dict[str, Any], _channel: Any) -> dict[str, Any]:
    """Return more than may be returned."""
    return {"text": "x" * argument["bytes"]}


def save_much(argument: dict[str, Any], channel: Any) -> dict[str, Any]:
    """Save more than may be saved."""
    for i in range(argument["n"]):
        channel.save(f"{i}", "text/plain", b"x" * argument["bytes"])
    return {}


def leave_traces(_argument: dict[str, Any], _channel: Any) -> dict[str, Any]:
    """Change everything within reach."""
    for path in ("/tmp/trace", "/dev/shm/trace"):  # noqa: S108
        with open(path, "w", encoding="ascii") as file:  # noqa: PTH123
            file.write("x")
    os.environ["TRACE"] = "x"
    json.dumps = None  # type: ignore[assignment]
    os._exit(0)


def look_for_traces(_argument: dict[str, Any], _channel: Any) -> dict[str, Any]:
    """Say what an earlier job left."""
    return {
        "files": [*os.listdir("/tmp"), *os.listdir("/dev/shm")],  # noqa: S108, PTH208
        "environment": "TRACE" in os.environ,
        "patched": json.dumps is None,
        "cwd": os.getcwd(),  # noqa: PTH109
    }


def list_proc(_argument: dict[str, Any], _channel: Any) -> dict[str, Any]:
    """What of /proc there is."""
    return {"names": sorted(os.listdir("/proc"))}  # noqa: PTH208 - pathlib is not loaded in the jail


def affinity(_argument: dict[str, Any], _channel: Any) -> dict[str, Any]:
    """The cores of this worker."""
    return {"cores": sorted(os.sched_getaffinity(0))}


def leave_in_own_folder(_argument: dict[str, Any], _channel: Any) -> dict[str, Any]:
    """Say what lies in the job's folder, and leave something there."""
    folder = os.getcwd()  # noqa: PTH109
    found = os.listdir(folder)  # noqa: PTH208
    os.makedirs("a/b")  # noqa: PTH103
    os.mkdir("closed", 0)  # noqa: PTH102
    return {
        "found": found,
        "folder": folder,
        "home": os.environ["HOME"],
        "temporary": os.environ["TMPDIR"],
    }


def fill_own_folder(argument: dict[str, Any], _channel: Any) -> dict[str, Any]:
    """Write files, and wait to be stopped."""
    with open("big", "wb") as file:  # noqa: PTH123
        file.write(b"x" * (argument["mib"] * MIB))
    time.sleep(30)
    return {}
