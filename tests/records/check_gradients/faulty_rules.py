"""Custom rules that are wrong, each in its own way."""

from tests.records.check_gradients.cases import Case, module


def vjp(  # noqa: PLR0913 - a table's row says what it means
    name: str,
    primal: str,
    backward: str,
    *,
    call: str,
    arguments: str,
    leaf: str = "args[0]",
    index: tuple[int, ...] | None = None,
    kind: str = "fail",
    parameters: str = "v",
    order: int = 1,
) -> Case:
    """A custom_vjp `op` of `parameters`; `backward` is the tuple of gradients, with cotangent t."""
    setup = (
        f"@jax.custom_vjp\ndef op({parameters}):\n    return {primal}\n"
        f"def forward({parameters}):\n    return {primal}, ({parameters},)\n"
        f"def backward(kept, t):\n    {parameters}, = kept\n    return {backward},\n"
        "op.defvjp(forward, backward)\n"
    )
    return Case(
        f"vjp: {name}", module(setup, f"return {call}", arguments), kind, order, leaf, index, "op"
    )


def jvp(  # noqa: PLR0913 - a table's row says what it means
    name: str,
    primal: str,
    tangent: str,
    *,
    call: str,
    arguments: str,
    leaf: str = "args[0]",
    index: tuple[int, ...] | None = None,
    kind: str = "fail",
    order: int = 1,
) -> Case:
    """A custom_jvp `op` of v; `tangent` is its rule in v and d."""
    setup = (
        f"@jax.custom_jvp\ndef op(v):\n    return {primal}\n"
        f"@op.defjvp\ndef rule(at, dot):\n    (v,), (d,) = at, dot\n    return op(v), {tangent}\n"
    )
    return Case(
        f"jvp: {name}", module(setup, f"return {call}", arguments), kind, order, leaf, index, "op"
    )


VJP = (
    vjp("lost factor 2", "v**2", "t * v", call="jnp.sum(op(x))", arguments="n(5)"),
    vjp("doubled", "jnp.sin(v)", "2 * t * jnp.cos(v)", call="jnp.sum(op(x))", arguments="n(5)"),
    vjp(
        "sign", "jnp.exp(-v)", "t * jnp.exp(-v)", call="jnp.sum(op(x) * y)", arguments="n(5), n(5)"
    ),
    vjp("mean against sum", "jnp.sum(v**2)", "t * 2 * v / v.size", call="op(x)", arguments="n(8)"),
    vjp("sum against mean", "jnp.mean(v**2)", "t * 2 * v", call="op(x)", arguments="n(8)"),
    vjp(
        "one element of 40",
        "jnp.tanh(v)",
        "(t / jnp.cosh(v) ** 2).at[17].multiply(1.1)",
        call="jnp.sum(op(x) * y)",
        arguments="n(40), n(40)",
        index=(17,),
    ),
    vjp(
        "one element of a matrix",
        "v**3",
        "(3 * v**2 * t).at[2, 1].add(0.05)",
        call="jnp.sum(op(x))",
        arguments="n(4, 3)",
        index=(2, 1),
    ),
    vjp(
        "one element of a million",
        "2 * v",
        "(2 * t).at[123456].multiply(1.1)",
        call="jnp.sum(op(x) ** 2)",
        arguments="u(1000000)",
        index=(123456,),
    ),
    vjp(
        "last row",
        "v**2",
        "(2 * v * t).at[-1].set(0.0)",
        call="jnp.sum(op(x))",
        arguments="n(3, 2)",
    ),
    vjp(
        "one part in a thousand",
        "jnp.log(v)",
        "1.001 * t / v",
        call="jnp.sum(op(x))",
        arguments="p(6)",
    ),
    vjp(
        "ignores the cotangent",
        "jnp.sin(v)",
        "jnp.cos(v) + 0 * t",
        call="jnp.sum(op(x) * y)",
        arguments="n(5), n(5)",
    ),
    vjp(
        "clips the cotangent",
        "jnp.sin(v)",
        "jnp.clip(t, -0.5, 0.5) * jnp.cos(v)",
        call="op(x)",
        arguments="n(5)",
    ),
    vjp(
        "transposed matrix",
        "v @ v",
        "t @ v + v @ t",
        call="jnp.sum(op(x) * y)",
        arguments="n(3, 3), n(3, 3)",
    ),
    vjp(
        "product rule half done",
        "v * jnp.sin(v)",
        "t * jnp.sin(v)",
        call="jnp.sum(op(x))",
        arguments="n(5)",
    ),
    vjp(
        "chain rule stops early",
        "jnp.exp(v**2)",
        "t * jnp.exp(v**2)",
        call="jnp.sum(op(x))",
        arguments="n(5) / 2",
    ),
    vjp(
        "second argument",
        "v * w**2",
        "t * w**2, t * v * w",
        call="jnp.sum(op(x, y))",
        arguments="n(4), n(4)",
        parameters="v, w",
        leaf="args[1]",
    ),
    vjp(
        "arguments swapped",
        "v * jnp.exp(w)",
        "t * v * jnp.exp(w), t * jnp.exp(w)",
        call="jnp.sum(op(x, y))",
        arguments="n(4), n(4)",
        parameters="v, w",
    ),
    vjp(
        "one leaf of a dictionary",
        "v @ w",
        "t @ w.T, 0.9 * v.T @ t",
        call="jnp.sum(jnp.tanh(op(x['a'], x['b'])))",
        arguments="{'a': n(2, 3), 'b': n(3, 2)}",
        parameters="v, w",
        leaf='args[0]["b"]',
    ),
    vjp(
        "forgotten conjugate",
        "v * jnp.conj(v)",
        "t * v + jnp.conj(t) * v",
        call="jnp.real(jnp.sum(op(x)))",
        arguments="c(4)",
    ),
    vjp(
        "degrees",
        "jnp.sin(jnp.deg2rad(v))",
        "t * jnp.cos(jnp.deg2rad(v))",
        call="jnp.sum(op(x))",
        arguments="30 * n(4)",
    ),
    vjp(
        "in a scan",
        "jnp.tanh(v)",
        "t * (1 - jnp.tanh(v))",
        call="lax.scan(lambda h, w: (op(h + w), h), x, y)[0].sum()",
        arguments="n(3), n(4, 3)",
    ),
    vjp(
        "in a branch",
        "v**3",
        "t * v**2",
        leaf="args[0]",
        call="lax.cond(x.sum() > -100, lambda a: jnp.sum(op(a)), lambda a: a.sum(), x)",
        arguments="n(4)",
    ),
    vjp(
        "in jit and vmap",
        "jnp.sum(v**2)",
        "t * v",
        call="jnp.sum(jax.jit(jax.vmap(op))(x))",
        arguments="n(4, 3)",
    ),
    vjp(
        "zero for one argument",
        "v * w",
        "t * w, 0 * v * t",
        call="jnp.sum(op(x, y))",
        arguments="n(4), n(4)",
        parameters="v, w",
        leaf="args[1]",
        kind="zero_gradient",
    ),
    vjp(
        "straight-through rounding",
        "jnp.round(v)",
        "t",
        call="jnp.sum(op(3 * x) * y)",
        arguments="n(5), n(5)",
        kind="surrogate",
    ),
    vjp(
        "straight-through sign",
        "jnp.sign(v)",
        "t * (jnp.abs(v) < 3)",
        call="jnp.sum(op(x) * y)",
        arguments="n(5), n(5)",
        kind="surrogate",
    ),
    vjp("gradient reversal", "1.0 * v", "-t", call="jnp.sum(jnp.sin(op(x)))", arguments="n(5)"),
    vjp(
        "softmax without its coupling",
        "jax.nn.softmax(v)",
        "t * jax.nn.softmax(v) * (1 - jax.nn.softmax(v))",
        call="jnp.sum(op(x) * y)",
        arguments="n(5), n(5)",
    ),
    vjp(
        "layer norm without its mean",
        "(v - v.mean()) / v.std()",
        "t / v.std()",
        call="jnp.sum(op(x) * y)",
        arguments="n(6), n(6)",
    ),
    vjp(
        "stop_gradient in the rule",
        "v**3",
        "3 * t * lax.stop_gradient(v) ** 2",
        call="jnp.sum(op(x))",
        arguments="n(4)",
        kind="fail_second_order",
        order=2,
    ),
)
JVP = (
    jvp(
        "wrong constant", "jnp.log1p(v)", "d / (1.01 + v)", call="jnp.sum(op(x))", arguments="p(5)"
    ),
    jvp("missing term", "v + jnp.cos(v)", "d", call="jnp.sum(op(x))", arguments="n(5)"),
    jvp(
        "of another function",
        "jnp.arctan(v)",
        "d * jnp.cos(v)",
        call="jnp.sum(op(x))",
        arguments="n(5)",
    ),
    jvp(
        "one branch",
        "jnp.where(v > 0, v**2, v**3)",
        "jnp.where(v > 0, 2 * v, 2 * v**2) * d",
        call="jnp.sum(op(x))",
        arguments="np.array([0.5, -0.7, 1.2, -1.5])",
    ),
    jvp("power off by one", "v**4", "4 * v**4 * d", call="jnp.sum(op(x))", arguments="p(5)"),
    jvp(
        "small at large arguments",
        "jnp.sqrt(1 + v**2)",
        "d * v / jnp.sqrt(1.001 + v**2)",
        call="jnp.sum(op(x))",
        arguments="n(5)",
    ),
    jvp(
        "frozen slope",
        "jnp.sin(v)",
        "jnp.cos(lax.stop_gradient(v)) * d",
        call="jnp.sum(op(x))",
        arguments="n(4)",
        kind="fail_second_order",
        order=2,
    ),
    jvp(
        "second derivative of a table",
        "jnp.exp(v)",
        "jnp.asarray(np.e, v.dtype) ** lax.stop_gradient(v) * d",
        call="jnp.sum(op(x) * y)",
        arguments="n(4), n(4)",
        kind="fail_second_order",
        order=2,
    ),
)
CASES: tuple[Case, ...] = (*VJP, *JVP)
