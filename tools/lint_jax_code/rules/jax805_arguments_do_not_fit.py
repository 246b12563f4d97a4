"""A library function is called with more arguments, or fewer, than it takes.

## Why is this bad?
TypeError, before anything is computed.

## Use instead
The arguments of the installed version; many are taken by keyword only.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.surface import is_refused, signature

TOLD_BY_NNX104 = "flax.nnx.Optimizer"


def check(event: Call) -> Iterator[Found]:
    """Report calls whose arguments the signature cannot take."""
    if event.callee.kind != "name" or event.lint.guard_depth or event.has_star:
        return
    known = signature(event.callee.name)
    if known is None:
        return
    name, n_given = event.callee.name, len(event.args)
    n_most = len(known.positional)
    if n_given > n_most and not known.takes_more:
        yield Found(
            event.node,
            f"{name} takes {n_most} arguments by position, and {n_given} are given: TypeError."
            f" Give the rest by keyword: {', '.join(sorted(known.by_name)) or 'it has none'}.",
        )
        return
    twice = [word for word in known.positional[:n_given] if word in event.kwargs]
    if twice:
        yield Found(
            event.node,
            f"{name} gets {twice[0]} by position and by keyword: TypeError. Give it once.",
        )
        return
    given = {*known.positional[:n_given], *event.kwargs}
    missing = [word for word in known.positional if word in known.required - given]
    missing += sorted(known.required - given - set(known.positional))
    # A keyword that is gone (JAX803) often is the missing argument under its old name.
    is_renamed = any(is_refused(keyword, known) for keyword in event.node.keywords)
    if missing and not event.has_double_star and not is_renamed and name != TOLD_BY_NNX104:
        yield Found(
            event.node,
            f"{name} is called without {', '.join(missing)}: TypeError. Give it.",
        )


RULE = Rule(
    "JAX805",
    "arguments-do-not-fit",
    "error",
    ((Call, check),),
    confirm="trace",
    page=__doc__ or "",
)
