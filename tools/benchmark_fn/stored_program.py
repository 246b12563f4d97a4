"""A timed program as an artifact that a later call may take as its baseline. Runs in the server.

The bytes come back from wherever the caller kept them, so nothing in them is believed: the header
is checked for form here, and the program is inspected by the jailed timer like any other.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic import Field, ValidationError

from jax_workbench.tools.benchmark_fn import BenchmarkFnAsk
from jax_workbench.tools.benchmark_fn.messages import Machine, Path, TimerReport, Traced
from jax_workbench.tools.benchmark_fn.tracing import Program, Tracing
from jax_workbench.tools.contract import Finite, Part, Saved
from jax_workbench.tools.errors import ToolError

MAGIC = b"jax-workbench program 1\n"
SCHEME = "workbench:"
MIME_TYPE = "application/octet-stream"
MAX_KEPT_BYTES = 16 * 2**20
"""A larger program is not kept: most of it are constants."""
MAX_HEADER_BYTES = 2**20


class Header(Part):
    """What a stored program was, and where its time was taken."""

    name: str = Field(min_length=1, max_length=64)
    in_paths: tuple[Path, ...] = Field(max_length=4096)
    out_paths: tuple[Path, ...] = Field(max_length=4096)
    machine: Machine
    x64: bool
    devices: int
    wall_us: Finite


@dataclass(frozen=True)
class Stored:
    """A stored program under the name that it has in this call."""

    name: str
    header: Header
    blob: bytes

    def as_program(self) -> Program:
        """The program as a tracer would have handed it out; it claims no times."""
        traced = Traced(
            in_paths=self.header.in_paths, out_paths=self.header.out_paths, trace_s=0, lower_s=0
        )
        return Program(traced, self.blob, claims_hold=False)


def artifact_of(header: Header, blob: bytes) -> Saved | None:
    """The artifact that holds a program; None where it is too large to keep."""
    if len(blob) > MAX_KEPT_BYTES:
        return None
    stem = re.sub(r"[^A-Za-z0-9._-]", "_", header.name)
    content = MAGIC + header.model_dump_json().encode() + b"\n" + blob
    return Saved(f"program_{stem}.bin", content, MIME_TYPE)


def read(content: bytes, file: str) -> tuple[Header, bytes]:
    """Header and program of an artifact.

    Raises:
        ToolError: `bad_argument`; it is none that this tool wrote.
    """
    head, _, blob = content.removeprefix(MAGIC).partition(b"\n")
    if not content.startswith(MAGIC) or len(head) > MAX_HEADER_BYTES:
        raise no_program(file)
    try:
        return Header.model_validate_json(head), blob
    except ValidationError:
        raise no_program(file) from None


def no_program(file: str) -> ToolError:
    """The file is something else."""
    return ToolError(
        "bad_argument",
        f"baseline: {file} is no program that benchmark_fn stored.",
        "Name an artifact called program_NAME.bin of an earlier benchmark_fn run.",
    )


def stored_baseline(ask: BenchmarkFnAsk, inputs: Mapping[str, bytes]) -> Stored | None:
    """The stored program that `baseline` names by URI or as one of `files`; None for a variant.

    Raises:
        ToolError: `bad_argument`; it is no stored program, or it can't serve this call.
    """
    names = {variant.name for variant in ask.variants}
    file = ask.baseline.rpartition("/")[2]
    is_stored = ask.baseline.startswith(SCHEME) or file in inputs
    if ask.baseline in names or not is_stored:
        return None
    if file not in inputs:
        raise no_program(ask.baseline)
    header, blob = read(inputs[file], file)
    if wrong := unfit(ask, header):
        raise ToolError("bad_argument", f"baseline: {wrong[0]}", wrong[1])
    name = header.name
    while name in names:
        name = f"{name} (stored)"
    return Stored(name, header, blob)


def unfit(ask: BenchmarkFnAsk, header: Header) -> tuple[str, str] | None:
    """Why a stored program can't be the baseline of this call, and what to do; None if it can."""
    if ask.mode != "artifact":
        return (
            "a stored program has no Python to call, and mode is as_called.",
            "Call with mode artifact, or send the old code as a variant.",
        )
    if ask.sweep:
        return (
            "a stored program has one size, and sweep is given.",
            "Call once without sweep, at the size that was stored.",
        )
    stored, asked = (header.x64, header.devices), (ask.x64, ask.devices)
    if stored != asked:
        cause = "it was stored with x64 {} and devices {}; this call has x64 {} and devices {}."
        return cause.format(*stored, *asked), "Use the same in both calls."
    return None


def programs_to_keep(ask: BenchmarkFnAsk, tracing: Tracing, report: TimerReport) -> Iterator[Saved]:
    """Artifacts of the call's own programs that were timed and not refused."""
    timed = {v.name: v.wall_us for v in report.variants if v.refused is None}
    for variant in ask.variants:
        wall, machine = timed.get(variant.name), report.machine
        if wall is None or machine is None:
            continue
        program = tracing.programs[variant.name]
        header = Header(
            name=variant.name,
            in_paths=program.traced.in_paths,
            out_paths=program.traced.out_paths,
            machine=machine,
            x64=ask.x64,
            devices=ask.devices,
            wall_us=wall.median,
        )
        if saved := artifact_of(header, program.blob):
            yield saved
