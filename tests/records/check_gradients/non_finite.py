"""Functions whose gradient is NaN or infinite."""

from tests.records.check_gradients.bodies import of_body
from tests.records.check_gradients.cases import Case

CASES: tuple[Case, ...] = (
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
