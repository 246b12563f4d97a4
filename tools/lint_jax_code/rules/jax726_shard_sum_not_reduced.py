"""A sum over one shard is returned as if it were the whole.

## Why is this bad?
Each device has the sum of its own part: ValueError with out_specs that say replicated, a wrong
number with check_vma=False.

## Use instead
`jax.lax.psum(total, axis)` before the return.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded
from jax_workbench.tools.lint_jax_code.engine.events import Transformed
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.stacks import innermost
from jax_workbench.tools.lint_jax_code.engine.values import Value

SUMS = frozenset(("sum", "mean", "max", "min", "prod", "dot", "vdot", "norm"))
COLLECTIVES = ("psum", "pmean", "pmax", "pmin", "all_gather", "psum_scatter", "ppermute", "pvary")


def check(event: Transformed) -> Iterator[Found]:
    """Report reductions that are returned under out_specs without an axis."""
    transform = event.transform
    function, _ = innermost(transform.inner)
    if transform.name != "shard_map" or function is None or is_guarded(event):
        return
    out, given = transform.option("out_specs"), transform.option("in_specs")
    if not is_whole(out) or given is None or is_whole(given):
        return
    body = function.node.body if isinstance(function.node.body, list) else [function.node.body]
    words = {n.attr for part in body for n in ast.walk(part) if isinstance(n, ast.Attribute)}
    words |= {n.id for part in body for n in ast.walk(part) if isinstance(n, ast.Name)}
    if words & {*COLLECTIVES} or not words & SUMS:
        return
    returns = [n for part in body for n in ast.walk(part) if isinstance(n, ast.Return)]
    yield Found(
        returns[-1] if returns else function.node,
        "The sum of one shard is returned under out_specs without an axis: ValueError, or a wrong"
        " number. Reduce it with jax.lax.psum over the mesh axis.",
        related=((transform.node, "out_specs"),),
    )


def is_whole(spec: Value | None) -> bool:
    """Whether it is one PartitionSpec without an axis."""
    is_spec = spec is not None and spec.constructor.endswith(("PartitionSpec", ".P"))
    return is_spec and spec is not None and all(a.has_const and a.const is None for a in spec.args)


RULE = Rule(
    "JAX726",
    "shard-sum-not-reduced",
    "error",
    ((Transformed, check),),
    confirm="trace",
    page=__doc__ or "",
)
