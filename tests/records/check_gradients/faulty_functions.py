"""Functions whose gradient is NaN, infinite, lost, broken or a stand-in, without a custom rule."""

from tests.records.check_gradients.cases import MAKERS, PRELUDE, Case, module


def of_body(
    kind: str,
    name: str,
    body: str,
    arguments: str,
    *primitives: str,
    leaf: str = "args[0]",
    index: tuple[int, ...] | None = None,
    setup: str = "",
    order: int = 1,
) -> Case:
    """`body` is that of fn; the line with HERE must be named."""
    code = module(setup, body.replace("\n", "\n    "), arguments)
    return Case(f"{kind}: {name}", code, kind, order, leaf, index, "", frozenset(primitives))


NON_FINITE = (
    of_body(
        "nan",
        "norm at zero",
        "y = x * 2\nreturn jnp.sqrt(jnp.sum(y**2))  # HERE",
        "np.zeros(3)",
        "sqrt",
    ),
    of_body(
        "nan",
        "log in the branch not taken",
        "return jnp.sum(jnp.where(x > 0, jnp.log(x), 0.0))  # HERE",
        "np.array([0.0, 1.0, 2.0])",
        "log",
        index=(0,),
    ),
    of_body(
        "nan",
        "square root in the branch not taken",
        "s = jnp.sqrt(x - 1)  # HERE\nreturn jnp.sum(jnp.where(x > 1, s, 0.0))",
        "np.array([0.5, 1.5, 2.0])",
        "sqrt",
        index=(0,),
    ),
    of_body(
        "nan",
        "division in the branch not taken",
        "q = jnp.sin(x) / x  # HERE\nreturn jnp.sum(jnp.where(x == 0, 1.0, q))",
        "np.array([0.0, 1.0, 2.0])",
        "div",
        index=(0,),
    ),
    of_body(
        "nan",
        "norm of a zero row",
        "d = x - x[:1]\nreturn jnp.sum(jnp.linalg.norm(d, axis=1))  # HERE",
        "n(3, 2)",
        "sqrt",
    ),
    of_body(
        "nan",
        "equal eigenvalues",
        "return jnp.sum(jnp.linalg.eigh(x)[1] ** 3)  # HERE",
        "np.eye(3)",
        "eigh",
        "div",
        "sub",
        "custom_jvp_call",
        "mul",
        "integer_pow",
    ),
    of_body(
        "nan",
        "arccos of a normalised product",
        "a = x / jnp.sqrt(jnp.sum(x**2))\nc = jnp.clip(jnp.sum(a * a), -1.0, 1.0)\n"
        "return jnp.where(c < 2, jnp.arccos(c * 0 + 1.0) * jnp.sum(x), 0.0) "
        "+ jnp.sum(jnp.arccos(a / a))  # HERE",
        "np.array([1.0, 2.0])",
        "acos",
        "div",
        "mul",
        "sub",
        "rsqrt",
        "sqrt",
    ),
    of_body(
        "nan",
        "log of a softmax that underflows",
        "s = jnp.exp(x - x.max())\nreturn -jnp.log(s / s.sum())[1]  # HERE",
        "np.array([0.0, -2000.0])",
        "log",
        "div",
    ),
    of_body(
        "nan",
        "inside a scan",
        "step = lambda h, v: (h + jnp.where(v > 0, jnp.sqrt(v), 0.0), h)  # HERE\n"
        "return lax.scan(step, jnp.zeros_like(x[0]), x)[0]",
        "np.array([1.0, 0.0, 2.0])",
        "sqrt",
        index=(1,),
    ),
    of_body(
        "inf",
        "square root at zero",
        "return jnp.sum(jnp.sqrt(x))  # HERE",
        "np.array([0.0, 1.0])",
        "sqrt",
        index=(0,),
    ),
    of_body(
        "inf",
        "fractional power at zero",
        "return jnp.sum(x**0.3)  # HERE",
        "np.array([1.0, 0.0])",
        "pow",
        index=(1,),
    ),
    of_body(
        "inf",
        "cube root at zero",
        "return jnp.sum(jnp.cbrt(x) * 2)  # HERE",
        "np.array([0.0, 8.0])",
        "cbrt",
        index=(0,),
    ),
)
VANISHED = (
    of_body(
        "zero_gradient",
        "rounding",
        "return jnp.sum(jnp.round(x * 3) * y)  # HERE",
        "n(5), n(5)",
        "round",
    ),
    of_body(
        "zero_gradient",
        "hard decision",
        "hard = (x > 0.2).astype(x.dtype)  # HERE\nreturn jnp.sum(hard * y)",
        "n(5), n(5)",
        "gt",
    ),
    of_body(
        "zero_gradient",
        "argmax",
        "k = jnp.argmax(x)  # HERE\nreturn y[k] ** 2",
        "n(5), n(5)",
        "argmax",
    ),
    of_body(
        "zero_gradient",
        "cast to integers",
        "k = (5 * x).astype('int32')  # HERE\nreturn jnp.sum(k * y)",
        "n(5), n(5)",
        "convert_element_type",
    ),
    of_body(
        "zero_gradient",
        "stop_gradient on a leaf",
        "w = lax.stop_gradient(x['w'])  # HERE\nreturn jnp.sum((w * y + x['b']) ** 2)",
        "{'w': n(3), 'b': n(3)}, n(3)",
        "stop_gradient",
        leaf='args[0]["w"]',
    ),
    of_body(
        "zero_gradient",
        "sign of a leaf",
        "s = jnp.sign(y)  # HERE\nreturn jnp.sum(x * s)",
        "n(4), n(4)",
        "sign",
        leaf="args[1]",
    ),
    of_body(
        "zero_gradient",
        "floor",
        "return jnp.mean(jnp.floor(4 * x)) * y.sum()  # HERE",
        "n(6), n(2)",
        "floor",
    ),
)
BROKEN = (
    of_body(
        "kink",
        "abs at zero",
        "return jnp.sum(jnp.abs(x))  # HERE",
        "np.array([0.0, 1.0, -2.0])",
        "abs",
        index=(0,),
    ),
    of_body(
        "kink",
        "relu at zero",
        "h = jax.nn.relu(x)  # HERE\nreturn jnp.sum(h * y)",
        "np.array([1.0, 0.0, 2.0]), n(3)",
        "max",
        index=(1,),
    ),
    of_body(
        "kink",
        "tie of a maximum",
        "return jnp.max(x)  # HERE",
        "np.array([1.0, 2.0, 2.0])",
        "reduce_max",
    ),
    of_body(
        "kink",
        "minimum of two",
        "return jnp.sum(jnp.minimum(x, 1.0) * 2)  # HERE",
        "np.array([0.5, 1.0, 2.0])",
        "min",
        index=(1,),
    ),
    of_body(
        "kink",
        "clip at its bound",
        "return jnp.sum(jnp.clip(x, 0.0, 1.0))  # HERE",
        "np.array([0.5, 1.0, 0.2])",
        "clamp",
        "min",
        "max",
        index=(1,),
    ),
    of_body(
        "discontinuous",
        "step at the point",
        "return jnp.sum(jnp.where(x > 1, x + 2, x))  # HERE",
        "np.array([0.5, 1.0])",
        "gt",
        index=(1,),
    ),
    of_body(
        "discontinuous",
        "floor at an integer",
        "return jnp.sum(x + jnp.floor(x))  # HERE",
        "np.array([2.0, 0.5])",
        "floor",
        index=(0,),
    ),
)
OTHER = (
    of_body(
        "surrogate",
        "straight-through by stop_gradient",
        "q = x + lax.stop_gradient(jnp.round(4 * x) / 4 - x)  # HERE\nreturn jnp.sum((q - y) ** 2)",
        "n(5), n(5)",
        "round",
    ),
    of_body(
        "nondeterministic",
        "NumPy's generator while tracing",
        "return jnp.sum(x * np.random.rand())",
        "n(4)",
        leaf="",
    ),
    of_body(
        "nondeterministic",
        "callback that draws",
        "noise = jax.pure_callback(draw, jax.ShapeDtypeStruct((), x.dtype))\n"
        "return jnp.sum(x**2) + noise",
        "n(4)",
        leaf="",
        setup="def draw():\n    return np.asarray(np.random.rand(), "
        "'float64' if jax.config.jax_enable_x64 else 'float32')\n",
    ),
    of_body(
        "unsupported",
        "while loop in reverse",
        "return lax.while_loop(lambda c: c < 100.0, lambda c: c * y, x)",
        "p(), 2 + p()",
        leaf="",
    ),
    of_body("unsupported", "integers only", "return x * 2", "i(5, 3)", leaf=""),
    of_body(
        "fail",
        "wrong transpose",
        "return jnp.sum(jax.custom_derivatives.linear_call(forward, back, (), x) * y)",
        "n(4), n(4)",
        setup="def forward(r, v):\n    return 2 * v\ndef back(r, t):\n    return 3 * t\n",
    ),
    Case(
        "fail: kernel of a layer",
        PRELUDE + "@jax.custom_vjp\ndef product(v, w):\n    return v @ w\n"
        "product.defvjp(lambda v, w: (v @ w, (v, w)), lambda k, t: (t @ k[1].T, k[0].T @ t * 0.5))\n"
        "class Layer(nnx.Module):\n    def __init__(self, rngs, d):\n"
        "        self.lin = nnx.Linear(3, 2, rngs=rngs, param_dtype=d)\n"
        "    def __call__(self, x):\n"
        "        return product(x, self.lin.kernel.get_value()) + self.lin.bias.get_value()\n"
        "def fn(m, x):\n    return jnp.sum(jnp.tanh(m(x)))\n" + MAKERS + "def make_args(dtype):\n"
        "    return Layer(nnx.Rngs(0), jnp.dtype(dtype)), jnp.asarray(n(4, 3), dtype)\n",
        "fail",
        leaf="args[0].lin.kernel",
        rule="product",
    ),
    Case(
        "fail: cut inside a loss",
        module(
            "",
            "h = jnp.tanh(x)\nreturn jnp.sum((h - lax.stop_gradient(h) * 0.5) ** 2)".replace(
                "\n", "\n    "
            ),
            "n(5)",
        ),
        "fail",
        leaf="args[0]",
    ),
)
CASES: tuple[Case, ...] = (*NON_FINITE, *VANISHED, *BROKEN, *OTHER)
