"""jax.shard_map gets an argument of its old version.

## Why is this bad?
check_rep became check_vma, and auto became axis_names (its complement): TypeError.

## Use instead
`check_vma=`; `axis_names=`.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import replaced
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Fix, Found, Rule


def check(event: Call) -> Iterator[Found]:
    """Report the old keywords at the new function."""
    is_partial = event.name == "functools.partial" and bool(event.args)
    name = event.args[0].name if is_partial else event.callee.name
    if name != "jax.shard_map" or event.lint.guard_depth:
        return
    for old, new in (("check_rep", "check_vma"), ("auto", "axis_names")):
        keyword = event.keyword(old)
        if keyword is None:
            continue
        fix = None
        if old == "check_rep":
            text = f"{new}={event.lint.text(keyword.value)}"
            fix = Fix("safe", f"Use {new}", (replaced(event.lint, keyword, text),))
        yield Found(keyword, f"jax.shard_map has no {old}: TypeError. It is {new} now.", fix=fix)


RULE = Rule(
    "JAX714",
    "shard-map-renamed-arg",
    "error",
    ((Call, check),),
    confirm="trace",
    instead_of=("JAX803",),
    page=__doc__ or "",
)
