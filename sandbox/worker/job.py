"""C: hardens itself, gets ready, runs one job, writes one value, ends. Runs in the jail."""

import fcntl
import importlib
import json
import os
import resource
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from jax_workbench.sandbox.worker import guard, kept, landlock, seccomp, wire
from jax_workbench.sandbox.worker.syscalls import PR_SET_DUMPABLE, drop_capabilities, prctl

_STDIN, _STDOUT, _STDERR, _JOB_FD, _RESULT_FD = range(5)
_HARDENING_FAILED = 98
# No terminals: a host has a fixed number of them. No /dev/zero: mapped shared, it is memory that no
# limit and no meter sees.
_DEVICE_FILES = tuple(f"/dev/{name}" for name in ("null", "full", "urandom", "random"))
_PROGRESS_INTERVAL_S = 0.2


def run(pipes: Sequence[int], spec: dict[str, Any]) -> NoReturn:
    """Everything a job's process does; `pipes` are job_r, result_w, stdout_w, stderr_w."""
    try:
        _keep_only(pipes)
        _harden(spec)
        facts = _named(spec["prepare"])(spec["shape"])
        _write_all(wire.frame(wire.READY, json.dumps(facts).encode()[: wire.READY_BYTES]))
        _serve()
    except BaseException as error:  # noqa: BLE001 - nothing may return into the zygote's code
        os.write(_STDERR, f"worker: {type(error).__name__}: {error}\n".encode()[:2000])
    os._exit(_HARDENING_FAILED)


def _keep_only(pipes: Sequence[int]) -> None:
    job_r, result_w, stdout_w, stderr_w = pipes
    null = os.open("/dev/null", os.O_RDONLY)
    # Out of the way first: a source may be one of the numbers 0 to 4.
    high = [fcntl.fcntl(f, fcntl.F_DUPFD, 64) for f in (null, stdout_w, stderr_w, job_r, result_w)]
    for target, source in enumerate(high):
        os.dup2(source, target, inheritable=True)
    os.closerange(_RESULT_FD + 1, 2**31 - 1)
    sys.stdin = open(_STDIN, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = open(_STDOUT, "w", encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
    sys.stderr = open(  # noqa: SIM115
        _STDERR, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False
    )


def _harden(spec: dict[str, Any]) -> None:
    """In this order: each step needs what the next ones take away."""
    os.setsid()
    if spec["tier"] != "full":
        guard.settle_in(spec)
    os.chdir(spec["scratch"])
    if spec["cpus"]:
        os.sched_setaffinity(0, spec["cpus"])  # before the backend sizes its thread pools
    drop_capabilities()
    devices = spec["device_files"]
    if spec["tier"] != "none":
        landlock.restrict(
            [*spec["read"], *spec["device_read"]],
            spec["write"],
            _DEVICE_FILES,
            spec["landlock_abi"],
            devices,
        )
    for name, value in spec["rlimits"].items():
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value))
    # What is not dumpable can't write below its own /proc/self.
    prctl(PR_SET_DUMPABLE, 1 if devices else 0)
    if spec["tier"] != "none":
        seccomp.install(spec["allowed_calls"], shares_files=spec["tier"] != "full")


def _serve() -> NoReturn:
    """Read the job, run it, answer, end. No atexit, no __del__: they would be the job's."""
    job, blobs, kept_files = _read_job()
    for name, (soft, hard) in job["rlimits"].items():
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (soft, hard))
    folder = None
    if kept_files is not None:
        folder = kept.KeptFolder(kept_files, job["kept_bytes"], _write_all)
    channel = Channel(blobs, job["saved_bytes"], job["n_saved"], folder)
    try:
        value = _named(job["function"])(job["argument"], channel)
        payload = json.dumps(value, ensure_ascii=True, allow_nan=False).encode()
        if len(payload) > job["result_bytes"]:
            raise TooLarge(f"the result has {len(payload)} bytes of JSON", job["result_bytes"])
        kind = wire.VALUE
    except TooLarge as error:
        payload, kind = json.dumps(error.refusal()).encode(), wire.REFUSED
    if folder:
        folder.hand_out()
    _flush_streams()
    _write_all(wire.frame(kind, payload))
    os._exit(0)


def _read_job() -> tuple[dict[str, Any], dict[str, bytes], dict[str, bytes] | None]:
    kind, size = wire.HEADER.unpack(_read_exactly(wire.HEADER.size))
    if kind != wire.JOB:
        raise ValueError(f"expected a job frame, got {kind!r}")
    job = json.loads(_read_exactly(size))
    blobs = {name: _read_exactly(n) for name, n in job["blobs"]}
    kept_files = None
    if job["kept"] is not None:
        kept_files = {name: _read_exactly(n) for name, n in job["kept"]}
    os.close(_JOB_FD)
    return job, blobs, kept_files


def _read_exactly(size: int) -> bytes:
    """Read `size` bytes; a worker whose host hung up before it got a job just ends."""
    parts: list[bytes] = []
    while size:
        part = os.read(_JOB_FD, min(size, 1 << 20))
        if not part:
            os._exit(0)
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


class TooLarge(BaseException):
    """What the job hands out is over its limit. Not an Exception: tools must not swallow it."""

    def __init__(self, found: str, limit_bytes: int) -> None:
        """`found` completes the sentence that names the limit."""
        super().__init__(found)
        self._cause = f"{found}; the limit is {limit_bytes}."

    def refusal(self) -> dict[str, str]:
        """As it goes over the wire."""
        step = "Return a smaller summary, or write fewer and smaller files."
        return {"code": "output_too_large", "cause": self._cause, "next_step": step}


class Channel:
    """A job's way to its host: what it was given, what it is doing, what it hands out."""

    def __init__(
        self,
        blobs: dict[str, bytes],
        saved_bytes: int,
        n_saved: int,
        kept_folder: kept.KeptFolder | None = None,
    ) -> None:
        """`blobs` by name; the limits hold for all that is saved together."""
        self.blobs = blobs
        self.kept_folder = kept_folder.path if kept_folder else ""
        self._kept = kept_folder
        self._limit_bytes = saved_bytes
        self._left_bytes = saved_bytes
        self._n_left = n_saved
        self._said_at = 0.0
        # References of our own: the job may rebind the names in these modules.
        self._write: Callable[[bytes], None] = _write_all
        self._now = time.monotonic

    def progress(self, message: str) -> None:
        """Tell the host what is being done, at most five times a second."""
        now = self._now()
        if now - self._said_at < _PROGRESS_INTERVAL_S:
            return
        self._said_at = now
        if self._kept:
            self._kept.hand_out_now_and_then()
        text = message.encode("utf-8", "replace")[: wire.PROGRESS_BYTES]
        self._write(wire.frame(wire.PROGRESS, text))

    def save(self, name: str, mime_type: str, content: bytes) -> None:
        """Hand bytes to the host; raises TooLarge past the job's limit."""
        self._left_bytes -= len(content)
        self._n_left -= 1
        if self._left_bytes < 0 or self._n_left < 0:
            raise TooLarge(f"the saved files exceed their limit with {name!r}", self._limit_bytes)
        self._write(wire.frame(wire.BLOB, _with_header(name, mime_type, content)))

    def draft(self, name: str, mime_type: str, content: bytes) -> None:
        """Leave bytes that the host keeps only if the job is ended before it gives a value.

        A later draft takes the place of an earlier one. Raises TooLarge past the limit of what may
        be saved.
        """
        if len(content) > self._limit_bytes:
            raise TooLarge(f"the draft {name!r} has {len(content)} bytes", self._limit_bytes)
        self._write(wire.frame(wire.DRAFT, _with_header(name, mime_type, content)))


def _with_header(name: str, mime_type: str, content: bytes) -> bytes:
    header = json.dumps({"name": name[:200], "mime_type": mime_type[:100]}).encode()
    return header + b"\0" + content


def _write_all(payload: bytes) -> None:
    view = memoryview(payload)
    while view:
        view = view[os.write(_RESULT_FD, view[: 1 << 20]) :]


def _flush_streams() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception as error:  # noqa: BLE001 - the job may have put anything there
            os.write(_STDERR, f"flush failed: {type(error).__name__}\n".encode())


def _named(path: str) -> Callable[..., Any]:
    module, _, function = path.partition(":")
    return getattr(importlib.import_module(module), function)
