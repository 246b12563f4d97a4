"""What check_gradients' plan and its workers say to each other. Read in the server and the workers.

The plan validates what comes back against these models: a tracer's words are untrusted.
"""

from typing import Annotated, Literal

from pydantic import Field

from jax_workbench.tools.check_gradients import (
    DirectionResult,
    Finding,
    InputSpec,
    Modes,
    OwnDtypeError,
    Verdict,
)
from jax_workbench.tools.contract import Finite, Note, Part

VALUES = "values.npz"
"""Name of the blob with the arguments: `x<i>` are differentiated, `h<i>` are held."""
N_SUSPECTS = 8
"""Rules that are handed to the judge."""
N_ELEMENTS = 8
N_LEAVES = 4096
"""Most that a call differentiates by."""

Text = Annotated[str, Field(max_length=4000)]
Name = Annotated[str, Field(max_length=400)]
Line = Annotated[int, Field(ge=1, le=10**6)]
type Mode = Literal["fwd", "rev"]


class TraceAsk(Part):
    """To the tracer: the user's text, and what to differentiate."""

    code: str
    fn: str
    make_args: str
    inputs: tuple[InputSpec, ...]
    argnums: tuple[int, ...]
    order: int
    modes: tuple[Mode, ...]
    seed: int
    x64: bool
    audit_s: Finite = Field(description="Seconds for the rules' audit; 0: none.")
    judge_s: Finite = Field(description="Seconds for a check in the tracer's own process.")


class Leaf(Part):
    """An array that is differentiated by."""

    path: Name
    dtype: Name
    shape: tuple[int, ...]


class Refused(Part):
    """Why JAX does not differentiate; empty where it does."""

    fwd: Text = ""
    rev: Text = ""
    order2: Text = ""


class Suspect(Part):
    """A custom rule that differs from the function it replaces; a suspicion, not a verdict."""

    rule: Name
    line: Line | None
    derivative: Name = Field(default="", description="Function that computes it, and its line.")
    blob: Name = Field(description="The programs are `<blob>_primal`, `<blob>_vjp`.")
    leaf: int | None = Field(description="The one leaf that its wrong input comes from, if one.")
    same_index: bool = Field(description="Elements of that input are elements of the leaf.")
    wrong_input: int
    elements: tuple[tuple[int, ...], ...] = Field(max_length=N_ELEMENTS)
    n_wrong: int
    order: int = Field(default=1, description="Of the derivative that differs.")


class Coarsest(Part):
    """The coarsest float that the differentiated inputs flow through."""

    dtype: Name
    line: Line | None


class Judgement(Part):
    """The verdict and its evidence."""

    status: Verdict
    findings: tuple[Finding, ...] = ()
    directions: tuple[DirectionResult, ...] = ()
    modes: Modes
    resolution: Finite | None = None
    confidence: Finite = 0
    float32_error: OwnDtypeError | None = None
    notes: tuple[Note, ...] = ()
    evaluations: int = 0
    judge_s: Finite = 0


class JudgeAsk(Part):
    """To the judge: names and limits; programs and values are blobs."""

    leaves: tuple[Leaf, ...]
    coarsest: Name
    is_native: bool
    looseness: Finite = Field(description="Relative error that an iterative solver leaves.")
    refused: Refused
    modes: tuple[Mode, ...]
    order: int
    suspects: tuple[Suspect, ...]
    seed: int
    deadline_s: Finite


class Traced(Part):
    """From the tracer."""

    leaves: tuple[Leaf, ...] = Field(max_length=N_LEAVES)
    n_inputs: int
    is_native: bool = False
    native_reason: Text = ""
    coarsest: Coarsest | None = None
    looseness: Finite = Field(default=0, ge=0, le=0.01)
    refused: Refused = Refused()
    nondeterministic: Text = ""
    unsupported: Text = Field(default="", description="Why nothing can be checked.")
    suspects: tuple[Suspect, ...] = Field(default=(), max_length=N_SUSPECTS)
    n_rules: int = 0
    unaudited: tuple[Name, ...] = Field(default=(), max_length=40)
    in_process: Text = Field(default="", description="Why the program could not leave.")
    judgement: Judgement | None = None
    trace_s: Finite = 0


class ExplainAsk(Part):
    """To the job that names lines and primitives, with user Python: hints, never a verdict."""

    trace: TraceAsk
    questions: tuple[tuple[str, str], ...] = Field(description="Kind and leaf of each finding.")


class Place(Part):
    """Where in the code."""

    primitive: Name | None = None
    phase: Literal["forward", "backward"] | None = None
    line: Line | None = None
    rule: Name | None = None


class Explained(Part):
    """From that job: one place for each question."""

    places: tuple[Place, ...] = Field(max_length=64)
