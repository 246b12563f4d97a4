"""Tries to break out, once, before the first job: the tier that is reported is the tier in force.

Runs in the host. The canary inside the jail attempts what no job may do; one success and the pool
refuses to run anything.
"""

import os
import secrets
import socket
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from jax_workbench.sandbox.errors import SandboxError, SandboxUnavailable
from jax_workbench.sandbox.policy import JobSpec, Limits, Profile, Tier
from jax_workbench.sandbox.remedies import is_known, remedy_for
from jax_workbench.sandbox.supervisor import supervise
from jax_workbench.sandbox.worker_process import WorkerProcess

_CANARY = "jax_workbench.sandbox.worker.canary:attempt"
_LIMITS = Limits(wall_s=60.0)
_REPORT = "This host's jail leaks: report it with the kernel version, and run the server in a VM."


class JailLeaks(SandboxUnavailable):
    """A jail that could be built does not hold: nothing weaker may take its place."""


async def probe(worker: WorkerProcess, profile: Profile, tier: Tier = "full") -> Mapping[str, str]:
    """Run the canary in `worker`; gives the facts that the profile's smoke test found.

    Raises:
        SandboxUnavailable: An attempt succeeded (JailLeaks), or ordinary arithmetic fails.
    """
    with ExitStack() as planted:
        argument = _plant(planted) | {"smoke": profile.smoke, "tier": tier}
        spec = JobSpec(function=_CANARY, argument=argument, limits=_LIMITS)
        try:
            outcome = await supervise(worker, spec, 0.0, lambda _message: None)
        except SandboxError as error:
            cause = f"The sandbox's own check failed: {error.cause}"
            raise SandboxUnavailable(cause, "Read the server's log on stderr.") from error
    verify(outcome.value, tier)
    facts = outcome.value.get("facts")
    return {str(k): str(v) for k, v in facts.items()} if isinstance(facts, dict) else {}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType, reportUnknownMemberType]


def _plant(planted: ExitStack) -> dict[str, object]:
    """What the canary goes for: a readable secret, listeners, this process."""
    folder = planted.enter_context(tempfile.TemporaryDirectory(prefix="jax-workbench-probe-"))
    Path(folder).chmod(0o777)  # so that only the jail stands in the way
    secret = Path(folder, "secret")
    secret.write_text(secrets.token_hex(16), encoding="ascii")
    secret.chmod(0o644)
    tcp = planted.enter_context(socket.create_server(("127.0.0.1", 0)))
    abstract = planted.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
    name = f"jax-workbench-probe-{secrets.token_hex(8)}"
    abstract.bind(f"\0{name}")
    abstract.listen()
    return {
        "folder": folder,
        "secret": str(secret),
        "port": tcp.getsockname()[1],
        "abstract": name,
        "host": (os.getpid(), os.getpgid(0), os.getsid(0)),
    }


def verify(seen: dict[str, object], tier: Tier = "full") -> None:
    """Refuse unless every attempt was made and denied, and arithmetic is right.

    In the tier `none` nothing is denied, and nothing claimed.

    Raises:
        SandboxUnavailable: Names what succeeded.
    """
    attempts = seen.get("attempts")
    if not isinstance(attempts, dict) or len(attempts) < 1:  # pyright: ignore[reportUnknownArgumentType]
        raise SandboxUnavailable("The sandbox's own check gave no result.", _REPORT)
    breaches = sorted(str(name) for name, denied in attempts.items() if denied is not True)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if breaches and tier != "none":
        cause = f"A job in the sandbox could {', '.join(breaches)}."
        raise JailLeaks(cause, _REPORT)
    if seen.get("smoke") != "ok":
        fault = str(seen.get("smoke"))
        step = "Check that /proc/cpuinfo is readable on this host."
        raise SandboxUnavailable(
            f"Arithmetic fails inside the sandbox: {fault}.",
            remedy_for(fault) if is_known(fault) else step,
        )
