"""A rule of a custom derivative has the wrong signature.

## Why is this bad?
fwd returns (value, residuals); bwd takes (residuals, cotangent) and returns a tuple with one
entry for each argument. A jvp rule returns (value, tangent).

## Use instead
`return (gradient,)` for one argument.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.events import Call, FunctionEnd, ModuleEnd
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Function, Value

ARITHMETIC = frozenset(("Mult", "Sub", "Div", "Pow", "MatMult", "USub"))
WRONG = frozenset(("array", "static", "dict", "list", "numpy"))


def check(event: Call) -> Iterator[Found]:
    """Remember which functions are rules of what."""
    owner = event.owner
    if event.method == "defvjp" and owner is not None and owner.transform is not None:
        primal = owner.transform.inner.function
        rules = [a.function for a in event.args[:2]]
        if owner.transform.name == "custom_vjp" and primal is not None and len(rules) == 2:
            rests = event.lint.scratch.setdefault("JAX708", [])
            rests.append((owner.transform, primal, rules[0], rules[1]))
    return iter(())


def check_tangents(event: FunctionEnd) -> Iterator[Found]:
    """Report rules of custom_jvp that do not return a value and a tangent."""
    decorators = getattr(event.function.node, "decorator_list", [])
    if not any(getattr(d, "attr", "") == "defjvp" for d in decorators):
        return
    for node, value in event.returned:
        if is_wrong(value, 2):
            yield Found(
                node,
                "A jvp rule must return a pair (value, tangent); this is not one (TypeError).",
            )


def check_function(event: FunctionEnd) -> Iterator[Found]:
    """Remember what every function returns."""
    event.lint.scratch.setdefault("JAX708 returns", {})[event.function.node] = event.returned
    return iter(())


def check_end(event: ModuleEnd) -> Iterator[Found]:
    """Report rules whose parameters or results do not fit."""
    returns = event.lint.scratch.get("JAX708 returns", {})
    for transform, primal, forward, backward in event.lint.scratch.get("JAX708", []):
        fixed = transform.option("nondiff_argnums", 0)
        entries = [] if fixed is None else (fixed.items if fixed.items is not None else [fixed])
        n_fixed, n_primal = len(entries), len(primal.parameters)
        if primal.has_star or primal.node.args.kwonlyargs:
            continue
        if backward is not None and not backward.has_star:
            n_backward = len(backward.parameters)
            if n_backward != n_fixed + 2 and backward.n_required == n_backward:
                yield Found(
                    backward.node,
                    f"bwd takes {n_backward} arguments, and is called with {n_fixed + 2}:"
                    " the static ones, the residuals and the cotangent (TypeError).",
                )
            yield from out_of_order(primal, backward, [e.const for e in entries])
            for node, value in returns.get(backward.node, []):
                if is_wrong(value, n_primal - n_fixed) or is_bare(value):
                    yield Found(
                        node,
                        f"bwd must return a tuple of {n_primal - n_fixed}, one gradient for each"
                        " argument; this is not one (TypeError).",
                    )
        if forward is not None:
            for node, value in returns.get(forward.node, []):
                if is_wrong(value, 2):
                    yield Found(node, "fwd must return a pair (value, residuals); this is not one.")


def out_of_order(primal: Function, backward: Function, fixed: list[object]) -> Iterator[Found]:
    """Report a static argument that bwd has under the same name, but not in front."""
    names = [p.arg for p in primal.parameters]
    in_front = [p.arg for p in backward.parameters]
    for position in fixed:
        name = names[position] if isinstance(position, int) and position < len(names) else ""
        if name in in_front[len(fixed) :]:
            yield Found(
                backward.node,
                f"bwd is called with the static arguments first, and `{name}` stands behind: what"
                " is taken for it is another value. Put it in front of the residuals.",
            )


def is_bare(value: Value) -> bool:
    """Whether it is of arithmetic that no tuple comes of: + joins them, and * may repeat one."""
    if value.kind != "unknown" or value.op not in ARITHMETIC:
        return False
    return value.op != "Mult" or all(a.kind in {"unknown", "array"} for a in value.args)


def is_wrong(value: Value, n: int) -> bool:
    """Whether it is proven to be no tuple of n."""
    if value.has_const and value.const is None:
        return False
    if value.kind == "tuple" and value.items is not None and value.op != "passed":
        return len(value.items) != n
    return value.kind in WRONG


RULE = Rule(
    "JAX708",
    "custom-vjp-signature",
    "error",
    (
        (Call, check),
        (FunctionEnd, check_function),
        (FunctionEnd, check_tangents),
        (ModuleEnd, check_end),
    ),
    confirm="trace",
    calls=(".defvjp",),
    page=__doc__ or "",
)
