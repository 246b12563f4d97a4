"""A label names no transformation.

## Why is this bad?
multi_transform (partition) takes one transformation for every label: ValueError at init.

## Use instead
The same words in the labels and in the dict of transformations.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded
from jax_workbench.tools.lint_jax_code.engine.canonical import last
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import leaves

MAKERS = frozenset(("multi_transform", "partition"))


def check(event: Call) -> Iterator[Found]:
    """Report labels that are written out and no key of the transformations."""
    if not event.name.startswith("optax.") or last(event.name) not in MAKERS or is_guarded(event):
        return
    transforms, labels = event.argument(0, "transforms"), event.argument(1, "param_labels")
    if transforms is None or labels is None or transforms.kind != "dict":
        return
    entries = transforms.entries
    if not entries or labels.kind != "dict":
        return
    strange = sorted({v.const for v in leaves(labels) if isinstance(v.const, str)} - {*entries})
    if strange:
        yield Found(
            event.node,
            f"The label {strange[0]!r} names none of the transformations"
            f" {sorted(map(str, entries))}: ValueError at init.",
        )


RULE = Rule(
    "OPX116",
    "label-without-transform",
    "error",
    ((Call, check),),
    confirm="run",
    calls=("optax.",),
    page=__doc__ or "",
)
