"""Two sites of a model have the same name.

## Why is this bad?
Sites are told apart by their names: AssertionError, or the first one is lost.

## Use instead
A name for each; a plate for exchangeable sites.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule

SITES = frozenset(("numpyro.sample", "numpyro.param", "numpyro.deterministic"))


def check(event: Call) -> Iterator[Found]:
    """Report constant names that come twice in one run of a function."""
    if event.name not in SITES or not event.args or event.frame.root.function is None:
        return
    name = event.args[0].const
    within = " ".join(v.op + v.name for v, _ in event.frame.contexts)
    if not isinstance(name, str) or "scope" in within or is_guarded(event):
        return
    seen = event.lint.scratch.setdefault("NPR101", {})
    earlier = seen.get((event.frame.root, name))
    seen[event.frame.root, name] = (event.node, event.frame.guards)
    if earlier is None:
        return
    taken = dict(earlier[1])
    if any(text in taken and taken[text] is not sense for text, sense in event.frame.guards):
        return
    yield Found(
        event.node,
        f"The site {name!r} comes twice: AssertionError. Give each its own name, or use a plate.",
        related=((earlier[0], "first here"),) if earlier[0] is not event.node else (),
    )


RULE = Rule(
    "NPR101",
    "duplicate-site",
    "error",
    ((Call, check),),
    confirm="run",
    calls=(*SITES,),
    page=__doc__ or "",
)
