"""An array is stored over an nnx Variable.

## Why is this bad?
The attribute is a Param or another Variable no longer: nnx.state does not list it, the optimizer
does not update it, and a checkpoint lacks it. No error says so.

## Use instead
`self.scale[...] = array`.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded, shown
from jax_workbench.tools.lint_jax_code.engine.events import StoreAttribute
from jax_workbench.tools.lint_jax_code.engine.nnx import VARIABLES, is_module, word_of
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule


def check(event: StoreAttribute) -> Iterator[Found]:
    """Report stores of arrays on attributes that hold Variables."""
    previous = event.base.attributes.get(event.target.attr)
    if previous is None or not is_module(event.base) or is_guarded(event):
        return
    word = word_of(previous)
    if word in VARIABLES and event.value.is_array:
        target = shown(event.lint, event.target)
        yield Found(
            event.target,
            f"`{target}` was a {word}, and is a plain array from here on: nnx.state and the"
            f" optimizer do not see it. Write {target}[...] = array.",
        )


RULE = Rule(
    "NNX126",
    "variable-overwritten",
    "warning",
    ((StoreAttribute, check),),
    confirm="none",
    page=__doc__ or "",
)
