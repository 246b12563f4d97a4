"""A hostile program as its file states it: what it tries, how it may end, and its parts."""

import re
from ast import get_docstring, parse
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "programs"
PROMISES = ("secrets", "network", "persistence", "resources", "protocol", "escape")
ENDS = frozenset(
    (
        "ok",
        "user_code_failed",
        "timed_out",
        "out_of_memory",
        "output_too_large",
        "worker_died",
        "internal",
    )
)
PRELUDE = (FOLDER.parent / "prelude.py").read_text(encoding="utf-8")

_NEXT = "# ---- the next job ----\n"
_BESIDE = "# ---- a job beside it ----\n"
_WALL_S, _WALL_OF_THE_PATIENT_S = 20.0, 60.0
"""Where none is stated: of a program that may run into it, and of one that must not."""


@dataclass(frozen=True)
class Program:
    """One trick. Its docstring says how it may end, and its limit: `Ends: ok`, `Wall: 3 s`."""

    name: str
    tries: str
    ends: frozenset[str]
    """How its first part may end; every later part must end `ok`."""
    parts: tuple[str, ...]
    is_beside: bool
    """The second part runs at the same time; otherwise one after the other."""
    wall_s: float

    @property
    def promise(self) -> str:
        """The class it belongs to."""
        return self.name.partition("/")[0]


def read(path: Path) -> Program:
    """Read one file.

    Raises:
        ValueError: It does not say what it tries or how it may end.
    """
    text = path.read_text(encoding="utf-8")
    said = get_docstring(parse(text)) or ""
    stated = dict(re.findall(r"^(Ends|Wall): (.+)$", said, re.MULTILINE))
    ends = frozenset(re.findall(r"\w+", stated.get("Ends", "")))
    name = path.relative_to(FOLDER).with_suffix("").as_posix()
    if not ends or not ends <= ENDS or not said.splitlines()[0].endswith("."):
        raise ValueError(f"{name}: say in one sentence what it tries, then `Ends: `{sorted(ENDS)}")
    is_beside = _BESIDE in text
    wall_s = _WALL_S if "timed_out" in ends else _WALL_OF_THE_PATIENT_S
    return Program(
        name=name,
        tries=said.splitlines()[0],
        ends=ends,
        parts=tuple(text.split(_BESIDE if is_beside else _NEXT)),
        is_beside=is_beside,
        wall_s=float(stated.get("Wall", f"{wall_s} s").removesuffix(" s")),
    )


def programs(promise: str = "*") -> list[Program]:
    """All programs of one class, or of all of them, by name."""
    return [read(path) for path in sorted(FOLDER.glob(f"{promise}/*.py"))]
