"""A collective names an axis that nothing binds.

## Why is this bad?
The name must be given by vmap, pmap or a mesh around: NameError, unbound axis name.

## Use instead
`axis_name=` at the vmap or shard_map around.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded
from jax_workbench.tools.lint_jax_code.engine.canonical import COLLECTIVES
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import STAGED

if TYPE_CHECKING:
    from jax_workbench.tools.lint_jax_code.engine.frames import Frame


def check(event: Call) -> Iterator[Found]:
    """Report literal axis names under jit alone."""
    module, _, word = event.name.rpartition(".")
    if module != "jax.lax" or word not in COLLECTIVES or is_guarded(event):
        return
    axis = event.argument(COLLECTIVES[word], "axis_name")
    names = mapped_names(event)
    if axis is not None and isinstance(axis.const, str) and names is not None:
        if axis.const not in names and axis.op != "passed":
            binds = f"binds {sorted(names)}, and not" if names else "has no axis_name, not even"
            yield Found(
                event.node,
                f"The map around {binds} {axis.const!r}: NameError, unbound axis name.",
            )
        return
    if axis is None or not isinstance(axis.const, str) or event.frame.staged != STAGED:
        return
    if event.frame.root.mapped_since >= 0 or axis.op == "passed" or not is_entered(event):
        return
    facts = event.lint.facts
    if facts.mentions("axis_name", "Mesh", "make_mesh", "shard_map", "pmap", "axis_names"):
        return
    if any("axis_name" in keywords for calls in facts.calls.values() for _, keywords, _ in calls):
        return
    yield Found(
        event.node,
        f"Nothing around binds the axis {axis.const!r}: NameError, unbound axis name. Give"
        " axis_name= at a vmap around.",
        severity="info" if event.lint.profile == "library" else None,
    )


def is_entered(event: Call) -> bool:
    """Whether the text itself runs or compiles the code, which another file may map over."""
    scope: Frame | None = event.frame.root
    while scope is not None:
        if any(transform.name == "jit" for transform in scope.transforms):
            return True
        if scope.function is None:
            return bool(scope.names)  # empty where a function is read that nothing calls
        scope = scope.caller.root if scope.caller is not None else None
    return False


def mapped_names(event: Call) -> set[str] | None:
    """The axis names around, where vmap is all there is and its names are written out."""
    found: set[str] = set()
    transforms = event.frame.transforms
    for transform in transforms:
        name = transform.option("axis_name")
        if transform.name != "vmap" or (name is not None and not isinstance(name.const, str)):
            return None
        if name is not None:
            found.add(name.const)
    caller = event.frame.root.caller
    is_run_by_the_file = caller is not None and caller.root.function is None
    is_whole = is_run_by_the_file or (caller is None and bool(found))
    return found if transforms and is_whole else None


RULE = Rule(
    "JAX711",
    "unbound-axis-name",
    "error",
    ((Call, check),),
    confirm="trace",
    calls=("jax.lax.",),
    page=__doc__ or "",
)
