"""nnx.split has no filter for some variables of the module.

## Why is this bad?
Every variable must go into one of the states: ValueError, non-exhaustive filters.

## Use instead
`...` as the last filter, which takes the rest; nnx.state(model, nnx.Param) to read some alone.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.nnx import PACKAGE, everything_in, word_of
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Value

FILTERS = frozenset(("Param", "BatchStat", "RngState", "Cache", "Intermediate", "LoRAParam"))
ALWAYS_PARAM = frozenset(("Linear", "LinearGeneral", "Conv", "ConvTranspose", "Embed", "Param"))


def check(event: Call) -> Iterator[Found]:
    """Report splits by types alone, of modules that are proven to hold another type."""
    filters = event.args[1:]
    if event.name != "flax.nnx.split" or not filters or event.has_star or is_guarded(event):
        return
    words = {f.name.removeprefix(PACKAGE) if f.kind == "name" else "" for f in filters}
    if not words <= FILTERS:
        return
    missing = next((k for part in everything_in(event.args[0]) if (k := kind_in(part))), "")
    kinds = [k for part in everything_in(event.args[0]) if (k := kind_in(part)) not in {"", *words}]
    if missing and kinds:
        yield Found(
            event.node,
            f"The module holds {kinds[0]} variables, which no filter takes: ValueError. Add"
            f" nnx.{kinds[0]}, or `...` for the rest.",
        )


def kind_in(part: Value) -> str:
    """A type of variables that an object of flax is proven to hold."""
    word = word_of(part)
    if word == "BatchNorm":
        return "BatchStat"
    if word == "Rngs" or (word == "Dropout" and "rngs" in part.kwargs):
        return "RngState"
    if word in ALWAYS_PARAM:
        return "Param"
    return word if word in FILTERS else ""


RULE = Rule(
    "NNX115",
    "split-not-exhaustive",
    "error",
    ((Call, check),),
    confirm="run",
    calls=("flax.nnx.split",),
    page=__doc__ or "",
)
