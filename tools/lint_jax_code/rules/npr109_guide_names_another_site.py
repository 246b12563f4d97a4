"""A guide samples a site that the model has not.

## Why is this bad?
The latent site of the model stays without an approximation, and the guide fits nothing.

## Use instead
The same names in both.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Value


def check(event: Call) -> Iterator[Found]:
    """Report written-out names of a guide that its model does not sample."""
    if event.name not in {"numpyro.infer.SVI", "numpyro.infer.svi.SVI"} or is_guarded(event):
        return
    model, guide = event.argument(0, "model"), event.argument(1, "guide")
    if model is None or guide is None or model.kind != "function" or guide.kind != "function":
        return
    latent, drawn = sites(model), sites(guide)
    if latent is None or not drawn:
        return
    for name, node in drawn.items():
        if name not in latent and "infer" not in {k.arg for k in node.keywords}:
            yield Found(
                node,
                f"The model has no site {name!r}, it has {sorted(latent)}: the guide fits nothing."
                " Give it the model's name.",
                related=((event.node, "paired here"),),
            )
            return


def sites(value: Value) -> dict[str, ast.Call] | None:
    """Calls of sample by their names; None where some are not written out."""
    found: dict[str, ast.Call] = {}
    if value.function is None:
        return None
    for node in ast.walk(value.function.node):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in {"sample", "plate"}:
            first = node.args[0] if node.args else None
            is_sample = getattr(node.func, "attr", "") == "sample"
            if not isinstance(first, ast.Constant) or not isinstance(first.value, str):
                return None
            if is_sample:
                found[first.value] = node
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            return None  # another function may sample
    return found


RULE = Rule(
    "NPR109",
    "guide-names-another-site",
    "error",
    ((Call, check),),
    confirm="none",
    calls=("numpyro.infer.",),
    page=__doc__ or "",
)
