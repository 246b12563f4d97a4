"""`jax-workbench doctor`: what this host gives to jobs, and what mends the rest. Server only."""

import os
import platform
import shutil
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import anyio

from jax_workbench.sandbox import launcher
from jax_workbench.sandbox.accelerators import accelerator
from jax_workbench.sandbox.errors import SandboxUnavailable
from jax_workbench.sandbox.policy import Limits, PoolStatus
from jax_workbench.sandbox.pool import MAX_QUEUED
from jax_workbench.sandbox.worker import landlock
from jax_workbench.server.compiled_base import read_base
from jax_workbench.server.envelope import versions
from jax_workbench.server.run_store import RunStore
from jax_workbench.server.sandboxing import local_pool
from jax_workbench.server.settings import Settings, default_state_dir
from jax_workbench.tools.catalog import ALL_TOOLS

GOOD, BAD = 0, 1
START_LIMIT_S = 300.0
_MIB = 2**20
TIERS = {
    "full": "bubblewrap, namespaces for each job, Landlock, seccomp, limits",
    "shared": "bubblewrap, Landlock, seccomp, limits; one job at a time in shared namespaces",
    "landlock": "Landlock, seccomp, limits; no namespaces, so one job at a time",
    "none": "limits only: a job can read, write, start and reach what its user can",
}

type Verdict = Literal["ok", "weak", "FAIL"]


@dataclass(frozen=True)
class Finding:
    """One line of the report, and what to do about it."""

    verdict: Verdict
    subject: str
    found: str
    mend: str = ""


async def show_findings(settings: Settings) -> int:
    """Print what was found; 1 where calls that run code would fail, else 0."""
    status = await _tried(settings)
    findings = [*_of_sandbox(status), *_of_host(status, settings), *_of_folders(settings)]
    sys.stdout.write(written(findings))
    return BAD if any(finding.verdict == "FAIL" for finding in findings) else GOOD


def written(findings: Iterable[Finding]) -> str:
    """The report: a line for each finding, and one for what mends it."""
    lines: list[str] = []
    for finding in findings:
        lines.append(f"{finding.verdict:5} {finding.subject:9} {finding.found}")
        if finding.mend:
            lines.append(f"{'':15} mend: {finding.mend}")
    return "\n".join(lines) + "\n"


async def _tried(settings: Settings) -> PoolStatus:
    """How the pool stands once it has started or failed to."""
    pool = local_pool(settings)
    async with pool:
        with anyio.move_on_after(START_LIMIT_S):
            while True:
                status = pool.status()
                if status.is_ready or status.problem:
                    return status
                await anyio.sleep(0.05)
        return pool.status()


def _of_sandbox(status: PoolStatus) -> Iterator[Finding]:
    if status.problem or not status.is_ready:
        found = status.problem or f"No worker was ready after {START_LIMIT_S:.0f} s."
        yield Finding("FAIL", "sandbox", found, status.remedy or "Try again on an idle machine.")
    else:
        verdict: Verdict = "ok" if status.tier == "full" else "weak"
        tried = "" if status.tier == "none" else "; its own break-out attempts were all denied"
        found = f"{status.tier}: {TIERS[status.tier]}{tried}"
        yield Finding(verdict, "sandbox", found, status.shortfall)
    yield _bubblewrap()
    abi = landlock.abi()
    found = f"Landlock ABI {abi}" if abi else "no Landlock"
    mend = "" if abi else "Add landlock to the kernel's boot parameter lsm= (5.13 or newer)."
    yield Finding("ok" if abi else "FAIL", "kernel", f"{platform.release()}, {found}", mend)


def _bubblewrap() -> Finding:
    try:
        return Finding("ok", "bwrap", str(launcher.find_bwrap()))
    except SandboxUnavailable as missing:
        return Finding("weak", "bwrap", missing.cause, missing.next_step)


def _of_host(status: PoolStatus, settings: Settings) -> Iterator[Finding]:
    found = f"{status.device or 'unknown'} ({status.platform or 'unknown'}), {status.n_cores} cores"
    jax = versions()["jax"]
    yield Finding("ok" if status.is_ready else "FAIL", "device", f"{found}; jax {jax}")
    yield from _of_accelerators(settings)
    limits = Limits()
    bounds = (
        f"{settings.memory_mib} MiB and {limits.wall_s:.0f} s a job (at most 600 s), "
        f"{settings.max_unfinished} unfinished calls, {MAX_QUEUED} queued jobs"
    )
    yield Finding("ok", "limits", bounds)
    reusing = ", ".join(tool.name for tool in ALL_TOOLS if tool.reuses_compiled)
    size = f"{Limits.kept_mib} MiB a client"
    base = len(read_base(settings))
    first = f"{base} programs for first calls" if base else "none for first calls"
    yield Finding("ok", "cache", f"in memory, {size}, for {reusing}; {first} (jax-workbench setup)")


def _of_accelerators(settings: Settings) -> Iterator[Finding]:
    """What the jail opens for a device, or which one is here and not used."""
    if settings.device == "cpu":
        unused = accelerator("auto")
        if not unused.is_cpu:
            step = f"Nothing, or JAX_WORKBENCH_DEVICE={unused.kind}: see docs/security.md."
            yield Finding("ok", "device", f"{unused.kind} is here; jobs don't use it.", step)
        return
    opened = accelerator(settings.device)
    if opened.is_cpu:
        yield Finding("weak", "device", "No GPU or TPU was found: jobs run on the CPU.")
    else:
        files = ", ".join(opened.devices)
        found = f"{opened.kind}: {files} open to jobs, one at a time; not tried on hardware yet"
        yield Finding("ok", "device", found)


def _of_folders(settings: Settings) -> Iterator[Finding]:
    store = RunStore.open(settings)
    free_mib = shutil.disk_usage(store.root).free // _MIB
    found = f"{store.root}, at most {settings.runs_mib} MiB; {free_mib} MiB are free"
    if store.is_temporary:
        wanted = settings.state_dir or default_state_dir()
        step = "Make it writable, or name another in JAX_WORKBENCH_STATE_DIR."
        yield Finding("weak", "runs", f"{wanted} can't be written: runs end with the server.", step)
    elif free_mib < settings.runs_mib:
        yield Finding("weak", "runs", found, "Free space there, or lower JAX_WORKBENCH_RUNS_MIB.")
    else:
        yield Finding("ok", "runs", found)
    store.close()
    for root in settings.roots:
        if os.access(root, os.R_OK | os.X_OK):
            yield Finding("ok", "roots", str(root))
        else:
            step = "Correct JAX_WORKBENCH_ROOTS, or the folder's rights."
            yield Finding("FAIL", "roots", f"{root} can't be read.", step)
