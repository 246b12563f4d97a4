"""The updated statistics of a linen module are dropped.

## Why is this bad?
BatchNorm gives its new averages back beside the output; where nobody takes them they stay at
their start, and evaluation normalises by zeros and ones.

## Use instead
`y, updated = module.apply(..., mutable=["batch_stats"])`, and carry `updated` on.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded
from jax_workbench.tools.lint_jax_code.engine.events import Discard, Event, Index, Unpack
from jax_workbench.tools.lint_jax_code.engine.linen import PAIR
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Value, leaves


def check(event: Unpack) -> Iterator[Found]:
    """Report `y, _ = module.apply(..., mutable=["batch_stats"])` in a loop."""
    last = event.targets[-1] if len(event.targets) == 2 else None
    if isinstance(last, ast.Name) and last.id not in event.lint.facts.read:
        yield from found(event, event.value)


def check_index(event: Index) -> Iterator[Found]:
    """Report `module.apply(..., mutable=["batch_stats"])[0]`."""
    if event.index.const == 0 and event.node.value is event.base.node:
        yield from found(event, event.base)


def check_statement(event: Discard) -> Iterator[Found]:
    """Report the call as a statement."""
    if event.value.node is event.node.value:
        yield from found(event, event.value)


def found(event: Event, pair: Value) -> Iterator[Found]:
    """The finding at the apply, in code that runs again with the statistics as they were."""
    if pair.op != PAIR or not pair.node or not event.frame.in_loop or is_guarded(event):
        return
    if any(leaf.const == "batch_stats" for part in pair.args for leaf in leaves(part)):
        yield Found(
            pair.node,
            "The updated batch_stats are dropped, and the next turn starts from the old ones: the"
            " running averages never move. Keep them: variables = {**variables, **updated}.",
        )


RULE = Rule(
    "FLX121",
    "statistics-dropped",
    "warning",
    ((Unpack, check), (Index, check_index), (Discard, check_statement)),
    confirm="none",
    page=__doc__ or "",
)
