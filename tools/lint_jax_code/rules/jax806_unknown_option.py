"""An option of jax.config does not exist.

## Why is this bad?
AttributeError, unrecognized config option; options are removed once their default has won.

## Use instead
The option that replaced it, or nothing.
"""

import difflib
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.surface import options, version_of


def check(event: Call) -> Iterator[Found]:
    """Report updates of options that the table has not."""
    if event.name != "jax.config.update" or not event.args or event.lint.guard_depth:
        return
    option = event.args[0].const
    if not isinstance(option, str) or option in options():
        return
    close = difflib.get_close_matches(option, options(), n=1, cutoff=0.8)
    advice = f" Is {close[0]} meant?" if close else " Drop the line."
    yield Found(
        event.node.args[0],
        f"jax {version_of('jax')} has no option {option}: AttributeError.{advice}",
    )


RULE = Rule(
    "JAX806",
    "unknown-option",
    "error",
    ((Call, check),),
    confirm="run",
    calls=("jax.config.update",),
    page=__doc__ or "",
)
