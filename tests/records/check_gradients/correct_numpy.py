"""Correct functions of jax.numpy and jax.lax."""

from tests.records.check_gradients.cases import Case, of_expression

CASES: tuple[Case, ...] = tuple(
    of_expression(f"numpy: {name}", expression, arguments)
    for name, expression, arguments in (
        ("polynomial", "jnp.sum(3 * x**4 - 2 * x**2 + x)", "n(6)"),
        ("sin cos tan", "jnp.sin(x) * jnp.cos(x) + jnp.tan(x / 3)", "n(6)"),
        ("hyperbolic", "jnp.sinh(x) + jnp.tanh(x) * jnp.cosh(2 * x)", "n(6)"),
        ("identically zero", "jnp.sum(jnp.sinh(x) - jnp.tanh(x) * jnp.cosh(x))", "n(6)"),
        ("inverse trigonometric", "jnp.arcsin(x) + jnp.arccos(x) * jnp.arctan(x)", "u(6)"),
        ("inverse hyperbolic", "jnp.arcsinh(x) + jnp.arctanh(x) + jnp.arccosh(1 + x)", "u(6)"),
        ("exp log", "jnp.log(x) * jnp.exp(-x) + jnp.log1p(x) + jnp.expm1(x)", "p(6)"),
        ("power of two arrays", "x**y", "p(5), n(5)"),
        ("roots", "jnp.sqrt(x) + jnp.cbrt(x) + 1 / jnp.sqrt(x + 1)", "p(6)"),
        ("arctan2", "jnp.arctan2(x, y)", "n(5), n(5)"),
        ("hypot", "jnp.hypot(x, y)", "n(5), n(5)"),
        ("logaddexp", "jnp.logaddexp(x, y) + jnp.logaddexp2(x, y)", "n(5), n(5)"),
        ("broadcast product", "x[:, None] * y[None, :]", "n(4), n(3)"),
        ("matmul", "x @ y", "n(3, 4), n(4, 2)"),
        ("einsum", "jnp.einsum('ij,jk,ik->i', x, y, z)", "n(3, 4), n(4, 2), n(3, 2)"),
        ("tensordot", "jnp.tensordot(x, y, axes=([1], [0]))", "n(2, 3, 2), n(3, 4)"),
        ("outer inner", "jnp.outer(x, y) * jnp.inner(x, y)", "n(3), n(3)"),
        ("kron", "jnp.kron(x, y)", "n(2, 2), n(2, 3)"),
        ("cross", "jnp.cross(x, y)", "n(2, 3), n(2, 3)"),
        ("mean var std", "x.mean() + x.var(axis=0).sum() + x.std(ddof=1)", "n(4, 3)"),
        ("prod cumprod", "jnp.prod(x) + jnp.cumprod(x).sum()", "p(5)"),
        ("cumsum", "jnp.cumsum(x, axis=1) ** 2", "n(3, 4)"),
        ("max min", "x.max(axis=0) * x.min(axis=1).sum()", "n(4, 3)"),
        ("sort", "jnp.sort(x) * jnp.arange(6.0)", "n(6)"),
        ("median quantile", "jnp.median(x) + jnp.quantile(x, 0.3)", "n(7)"),
        ("where", "jnp.where(x > 0, x**2, jnp.sin(x))", "n(7)"),
        ("safe where", "jnp.where(x > 0, jnp.log(jnp.where(x > 0, x, 1.0)), 0.0)", "n(7)"),
        ("clip", "jnp.clip(x, -0.5, 0.7) ** 3", "n(8)"),
        ("abs away from zero", "jnp.abs(x) ** 1.5", "n(6)"),
        ("sinc", "jnp.sinc(x)", "n(6)"),
        ("interp", "jnp.interp(x, jnp.arange(5.0), y)", "3 * u(6), n(5)"),
        ("polyval", "jnp.polyval(x, y)", "n(4), n(5)"),
        ("trapezoid", "jnp.trapezoid(x**2, y)", "n(6), np.sort(n(6))"),
        ("convolve", "jnp.convolve(x, y, mode='same')", "n(8), n(3)"),
        ("fft", "jnp.abs(jnp.fft.fft(x)) ** 2", "n(8)"),
        ("rfft irfft", "jnp.fft.irfft(jnp.fft.rfft(x) * 2.0) ** 3", "n(8)"),
        ("fft2 of complex", "jnp.fft.fft2(x)", "c(3, 4)"),
        ("complex product", "x * jnp.conj(y) + x**2", "c(4), c(4)"),
        ("complex modulus", "jnp.abs(x) + jnp.angle(x)", "c(5)"),
        ("complex exp", "jnp.exp(1j * x) * y", "n(4), c(4)"),
        ("real and imaginary part", "jnp.real(x) ** 2 + jnp.imag(x)", "c(5)"),
        ("gather and scatter", "x[jnp.array([0, 2, 2, 1])].sum() + x.at[1].mul(y)[1]", "n(4), n()"),
        ("at add", "jnp.zeros(6).at[jnp.array([1, 1, 4])].add(x) ** 2", "n(3)"),
        ("take along axis", "jnp.take_along_axis(x, jnp.argsort(x, axis=1), 1)[:, 0]", "n(3, 4)"),
        ("roll and pad", "jnp.pad(jnp.roll(x, 2), 1, mode='reflect') ** 2", "n(5)"),
        ("concatenate", "jnp.concatenate([x, y]) ** 2", "n(3), n(2)"),
        ("triangles", "jnp.tril(x) @ jnp.triu(x)", "n(4, 4)"),
        (
            "dictionary of leaves",
            "jnp.tanh(x['w'] @ y + x['b'])",
            "{'w': n(2, 3), 'b': n(2)}, n(3)",
        ),
        ("mixed integer argument", "x[y] * z", "n(5), i(5, 3), n(3)"),
        ("unused leaf", "jnp.sum(x**2)", "n(4), n(3)"),
        ("constant", "jnp.ones(3) + 0 * x", "n(3)"),
    )
) + tuple(
    of_expression(f"lax: {name}", expression, arguments, setup)
    for name, expression, arguments, setup in (
        (
            "scan",
            "lax.scan(lambda h, v: (jnp.tanh(h @ y + v), h.sum()), x, z)",
            "n(3), n(3, 3), n(5, 3)",
            "",
        ),
        (
            "reverse scan",
            "lax.scan(lambda h, v: (h * v, h), x, y, reverse=True)[1]",
            "p(), p(6)",
            "",
        ),
        ("fori loop", "lax.fori_loop(0, 6, lambda k, h: jnp.sin(h) + k * y, x)", "n(3), n()", ""),
        (
            "while loop of fixed length",
            "lax.fori_loop(0, 3, lambda k, h: h - (h**2 - x) / (2 * h), x)",
            "p(4)",
            "",
        ),
        ("cond", "lax.cond(x.sum() > 0, lambda v: v**2, lambda v: jnp.exp(v), x)", "n(4)", ""),
        (
            "switch",
            "lax.switch(y, [jnp.sin, jnp.cos, jnp.exp], x)",
            "n(4), np.int32(1)",
            "",
        ),
        ("map", "lax.map(lambda v: jnp.dot(v, v), x)", "n(4, 3)", ""),
        ("associative scan", "lax.associative_scan(jnp.multiply, x)", "p(6)", ""),
        ("dynamic slice", "lax.dynamic_slice(x, (y,), (3,)) ** 2", "n(7), np.int32(2)", ""),
        (
            "convolution",
            "lax.conv_general_dilated(x, y, (1, 1), 'SAME')",
            "n(1, 2, 5, 5), n(3, 2, 3, 3)",
            "",
        ),
        (
            "strided convolution",
            "lax.conv_general_dilated(x, y, (2,), 'VALID', dimension_numbers=layout)",
            "n(2, 9, 2), n(3, 2, 4)",
            "layout = ('NWC', 'WIO', 'NWC')\n",
        ),
        (
            "max pooling",
            "lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2), (1, 2, 2), 'VALID')",
            "n(2, 4, 4)",
            "",
        ),
        ("cumulative logsumexp", "lax.cumlogsumexp(x)", "n(6)", ""),
        ("top k", "lax.top_k(x, 3)[0] ** 2", "n(7)", ""),
        ("checkpoint", "jax.checkpoint(lambda v: jnp.sin(jnp.sin(v)))(x)", "n(5)", ""),
        ("vmap of grad", "jax.vmap(jax.grad(lambda v: jnp.sin(v) * v))(x)", "n(5)", ""),
        ("jit in jit", "jax.jit(lambda v: jax.jit(jnp.tanh)(v) * v)(x)", "n(5)", ""),
        (
            "custom root",
            "lax.custom_root(lambda s: s**3 + s - x, 0.5 + 0 * x, newton, solve)",
            "p()",
            (
                "def newton(f, s):\n"
                "    return lax.fori_loop(0, 40, lambda k, t: t - f(t) / jax.grad(f)(t), s)\n"
                "def solve(g, y):\n    return y / g(1.0)\n"
            ),
        ),
        (
            "right custom_jvp",
            "jnp.sum(log1pexp(x))",
            "5 * n(6)",
            (
                "@jax.custom_jvp\ndef log1pexp(v):\n    return jnp.logaddexp(v, 0.0)\n"
                "log1pexp.defjvps(lambda t, out, v: jax.nn.sigmoid(v) * t)\n"
            ),
        ),
        (
            "right custom_vjp",
            "safe_sqrt(x) * y",
            "p(5), n(5)",
            (
                "@jax.custom_vjp\ndef safe_sqrt(v):\n    return jnp.sqrt(v)\n"
                "def forward(v):\n    return jnp.sqrt(v), v\n"
                "safe_sqrt.defvjp(forward, lambda v, t: (t / (2 * jnp.sqrt(v)),))\n"
            ),
        ),
        (
            "implicit rule of a fixed point",
            "fixed(x)",
            "u(4)",
            (
                "@jax.custom_vjp\ndef fixed(a):\n"
                "    return lax.fori_loop(0, 80, lambda k, s: jnp.cos(a * s), 0 * a)\n"
                "def forward(a):\n    s = fixed(a)\n    return s, (a, s)\n"
                "def backward(kept, t):\n    a, s = kept\n"
                "    return (t * -jnp.sin(a * s) * s / (1 + a * jnp.sin(a * s)),)\n"
                "fixed.defvjp(forward, backward)\n"
            ),
        ),
        (
            "conjugate gradients",
            "jsp.sparse.linalg.cg(lambda v: x @ v, y)[0]",
            "spd(5), n(5)",
            "",
        ),
    )
)
