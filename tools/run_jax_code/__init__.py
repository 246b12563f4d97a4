"""run_jax_code: run a snippet and see its value, its output and its pictures."""

from typing import Any, Literal

from pydantic import Field

from jax_workbench.tools.common.lean_arguments import without_default
from jax_workbench.tools.contract import Answer, Part, RunsCode, Tool


class RunJaxCodeAsk(RunsCode):
    """Run Python with JAX in a fresh sandboxed process, like one notebook cell.

    Returns the last expression's value (arrays as summaries), stdout and stderr; open matplotlib
    figures and files written to outputs/ become artifacts. Nothing is kept between calls, except
    artifacts, which `files` can bring back. Present: jax, flax (nnx), optax, orbax, numpyro, nlsq,
    diffrax, optimistix, equinox, lineax, scipy, numpy, matplotlib. No network, no pip, no
    subprocesses. To time code use benchmark_fn: a clock in here misleads.
    """

    code: str = Field(
        min_length=1,
        max_length=200_000,
        description="Python source. End with the expression whose value is wanted.",
    )
    files: tuple[str, ...] = Field(
        default=(),
        max_length=32,
        description="Paths or workbench:// URIs; in the job under inputs/ by base name.",
        json_schema_extra=without_default,
    )
    devices: int = Field(
        default=1, ge=1, le=8, description="Simulated CPU devices, to try sharding."
    )


class Cell(Part):
    """What the code came to."""

    value: Any = Field(
        description="Last expression as JSON; an array as {shape, dtype, min, max, mean,"
        " nonfinite, first}; null if it has no JSON form."
    )
    value_repr: str = Field(description="Its repr, cut; empty if there is no value.")
    stdout: str = Field(description="If cut, stdout.txt has more.")
    stderr: str = Field(description="Likewise.")
    stdout_truncated: bool = Field(description="The middle was left out.")
    stderr_truncated: bool = Field(description="The middle was left out.")


class RunJaxCodeAnswer(Answer):
    """What a snippet gave."""

    status: Literal["ok", "running"]
    result: Cell | None = None


TOOL = Tool(
    name="run_jax_code",
    title="Run JAX code",
    ask=RunJaxCodeAsk,
    answer=RunJaxCodeAnswer,
    plan="jax_workbench.tools.run_jax_code.plan:plan",
)
