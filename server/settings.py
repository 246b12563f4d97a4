"""The operator's settings, from options and JAX_WORKBENCH_* variables. Server only."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from math import isfinite
from pathlib import Path
from typing import Any, Self

from jax_workbench.sandbox.accelerators import CHOICES as DEVICES
from jax_workbench.sandbox.tiers import CHOICES

PREFIX = "JAX_WORKBENCH_"
LOG_LEVELS = ("debug", "info", "warning", "error")
LOG_FORMATS = ("text", "json")


class SettingsError(ValueError):
    """A setting cannot be used; the text names the variable and what it takes."""


@dataclass(frozen=True)
class Settings:
    """What the operator decides; never a tool's argument."""

    sandbox: str = "auto"
    """The isolation to insist on: one of sandbox.tiers.CHOICES."""
    device: str = "cpu"
    """What jobs run on: one of sandbox.accelerators.CHOICES."""
    roots: tuple[Path, ...] = ()
    """Folders below which a call may name files."""
    memory_mib: int = 2048
    """Of a job, above its worker's own baseline."""
    state_dir: Path | None = None
    """Where runs are kept; None means the user's state directory."""
    answer_within_s: float = 45.0
    """After that a call answers with a job handle; clients give up at 60."""
    runs_mib: int = 1024
    """Of all stored runs together."""
    runs_days: float = 14.0
    """Age at which a stored run is removed."""
    runs_count: int = 500
    """Number of stored runs."""
    max_unfinished: int = 32
    """Calls that may be queued or running at once."""
    finish_s: float = 5.0
    """How long calls may finish once an HTTP server was told to stop; then they are cancelled."""
    log_level: str = "warning"
    """Of the log on stderr: one of LOG_LEVELS."""
    log_format: str = "text"
    """Of its lines: one of LOG_FORMATS."""
    audit: str = "on"
    """A line in the log for each run that a server did: "on" or "off"."""
    http: str = ""
    """HOST:PORT to serve on over HTTP; empty means stdin and stdout."""
    token_file: Path | None = None
    """The bearer tokens that HTTP accepts."""
    allowed_hosts: tuple[str, ...] = ()
    """Names by which clients reach the HTTP server, beside its address and loopback's names."""
    public_url: str = ""
    """The URL that tokens are for; empty means the address listened on."""

    @classmethod
    def read(cls, options: Mapping[str, str | None], env: Mapping[str, str] | None = None) -> Self:
        """Settings from `options` (which win) and the environment; both hold text.

        Raises SettingsError.
        """
        env = os.environ if env is None else env
        chosen: dict[str, Any] = {}
        for name in (field.name for field in fields(cls)):
            variable = PREFIX + name.upper()
            text = options.get(name)
            if text is None:
                text = env.get(variable)
            if text:
                try:
                    chosen[name] = READERS[name](text)
                except ValueError as error:
                    raise SettingsError(f"{variable}={text!r} cannot be used: {error}.") from error
        return cls(**chosen)


def default_state_dir(env: Mapping[str, str] | None = None) -> Path:
    """The user's state directory for this program, by the XDG base directory specification."""
    env = os.environ if env is None else env
    base = env.get("XDG_STATE_HOME", "")
    parent = Path(base) if base.startswith("/") else Path.home() / ".local" / "state"
    return parent / "jax-workbench"


def _one_of(choices: tuple[str, ...]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(f"it must be one of {', '.join(choices)}")
        return text

    return read


def _number(least: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            raise ValueError("it must be a number") from None
        if not isfinite(value) or value < least:
            raise ValueError(f"it must be a finite number of at least {least:g}")
        return value

    return read


def _count(least: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isascii() or not text.isdecimal() or int(text) < least:
            raise ValueError(f"it must be a whole number of at least {least}")
        return int(text)

    return read


def _absolute(text: str) -> Path:
    path = Path(text).expanduser()
    if not path.is_absolute():
        raise ValueError(f"{text!r} is not an absolute path")
    return path


def _paths(text: str) -> tuple[Path, ...]:
    return tuple(_absolute(part) for part in text.split(os.pathsep) if part)


def _names(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _url(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise ValueError("it must begin with http:// or https://")
    return text


READERS: Mapping[str, Callable[[str], Any]] = {
    "sandbox": _one_of(CHOICES),
    "device": _one_of(DEVICES),
    "roots": _paths,
    "memory_mib": _count(64),
    "state_dir": _absolute,
    "answer_within_s": _number(0.0),
    "runs_mib": _count(1),
    "runs_days": _number(0.0),
    "runs_count": _count(1),
    "max_unfinished": _count(1),
    "finish_s": _number(0.0),
    "log_level": _one_of(LOG_LEVELS),
    "log_format": _one_of(LOG_FORMATS),
    "audit": _one_of(("on", "off")),
    "http": str,
    "token_file": _absolute,
    "allowed_hosts": _names,
    "public_url": _url,
}
