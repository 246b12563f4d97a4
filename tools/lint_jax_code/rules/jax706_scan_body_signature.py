"""The body of a loop has the wrong signature.

## Why is this bad?
scan calls body(carry, x) and unpacks a pair; fori_loop calls body(i, value); while_loop calls
cond(value) and body(value).

## Use instead
`def body(carry, x): return carry, y`.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.structures import UNKNOWN, spoken, structure
from jax_workbench.tools.lint_jax_code.engine.values import Value

WANTED = {
    "jax.lax.scan": ((0, 2),),
    "jax.lax.fori_loop": ((2, 2),),
    "jax.lax.while_loop": ((0, 1), (1, 1)),
    "jax.lax.map": ((0, 1),),
}
FORM = {
    "jax.lax.scan": "(carry, x)",
    "jax.lax.fori_loop": "(i, value)",
    "jax.lax.while_loop": "(value)",
    "jax.lax.map": "(x)",
}


def check(event: Call) -> Iterator[Found]:
    """Report bodies with another number of parameters, and scan bodies that return no pair."""
    if event.has_star or is_guarded(event):
        return
    for position, wanted in WANTED.get(event.name, ()):
        value = event.argument(position)
        node = event.argument_node(position)
        function = value.function if value is not None else None
        if function is None or node is None or function.has_star:
            continue
        if not function.n_required <= wanted <= len(function.parameters):
            yield Found(
                node,
                f"The body takes {len(function.parameters)} arguments, and it is called with"
                f" {FORM[event.name]}: TypeError.",
            )
            return
    if event.name == "jax.lax.scan":
        yield from check_scan(event)


def check_scan(event: Call) -> Iterator[Found]:
    """Report what scan can't unpack, and a missing length."""
    xs, node = event.argument(2, "xs"), event.argument_node(2, "xs")
    has_length = "length" in event.kwargs or len(event.args) > 3
    is_none = xs is None or (xs.has_const and xs.const is None)
    if is_none and not has_length and not event.has_double_star:
        yield Found(node or event.node, "scan has neither xs nor length=: ValueError.")
    for result in event.inner[:1]:
        form = structure(result)
        if form == UNKNOWN or (isinstance(form, tuple) and form[0] == "list"):
            continue
        if isinstance(form, str) or form[0] != "tuple" or len(form[1]) != 2:
            body = event.argument(0)
            yield Found(
                place(event, body),
                f"The body returns {spoken(form)}, and scan unpacks a pair (carry, y): TypeError."
                " Return (carry, None) if there is nothing to stack.",
            )


def place(event: Call, body: Value | None) -> ast.AST:
    """The return statement of the body, or the lambda's expression."""
    if body is None or body.function is None:
        return event.node
    node = body.function.node
    if isinstance(node, ast.Lambda):
        return node.body
    returns = [n for n in ast.walk(node) if isinstance(n, ast.Return)]
    return returns[0] if returns else node


RULE = Rule(
    "JAX706",
    "scan-body-signature",
    "error",
    ((Call, check),),
    confirm="trace",
    calls=(*WANTED, "jax.lax.scan"),
    page=__doc__ or "",
)
