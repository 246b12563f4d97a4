"""Functions whose gradient is lost, broken, a stand-in or wrong, without a custom rule."""

from tests.records.check_gradients.bodies import of_body
from tests.records.check_gradients.cases import MAKERS, PRELUDE, Case, module

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
        "product.defvjp(lambda v, w: (v @ w, (v, w)), "
        "lambda k, t: (t @ k[1].T, k[0].T @ t * 0.5))\n"
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
CASES: tuple[Case, ...] = (*VANISHED, *BROKEN, *OTHER)
