"""Correct functions of jax.nn, flax and optax, and some that hurt fixed steps."""

from tests.records.check_gradients.cases import MAKERS, PRELUDE, Case, of_expression


def of_model(name: str, build: str, call: str, shape: str) -> Case:
    """An NNX model as the first argument, its input as the second."""
    code = (
        f"{PRELUDE}\ndef fn(m, x):\n    return {call}\n{MAKERS}\n"
        "def make_args(dtype):\n"
        f"    d = jnp.dtype(dtype)\n    rngs = nnx.Rngs(3)\n    m = {build}\n"
        f"    return m, jnp.asarray(n({shape}), dtype)\n"
    )
    return Case(f"flax: {name}", code)


NN = tuple(
    of_expression(f"nn: {name}", expression, arguments)
    for name, expression, arguments in (
        ("softmax", "jax.nn.softmax(x) ** 2", "n(3, 4)"),
        ("log_softmax", "jax.nn.log_softmax(x)", "n(3, 4)"),
        ("relu", "jax.nn.relu(x) ** 2", "n(8)"),
        ("gelu", "jax.nn.gelu(x) + jax.nn.gelu(x, approximate=False)", "n(8)"),
        ("silu", "jax.nn.silu(x)", "n(8)"),
        ("softplus", "jax.nn.softplus(x)", "5 * n(8)"),
        ("elu selu celu", "jax.nn.elu(x) + jax.nn.selu(x) + jax.nn.celu(x)", "n(8)"),
        ("leaky relu", "jax.nn.leaky_relu(x)", "n(8)"),
        ("hard functions", "jax.nn.hard_tanh(x) + jax.nn.hard_swish(x) + jax.nn.relu6(x)", "n(9)"),
        ("mish", "jax.nn.mish(x) + jax.nn.squareplus(x)", "n(8)"),
        ("glu", "jax.nn.glu(x)", "n(2, 6)"),
        ("standardize", "jax.nn.standardize(x)", "n(3, 5)"),
        ("sigmoid", "jax.nn.sigmoid(x) * jax.nn.log_sigmoid(x)", "3 * n(8)"),
        (
            "attention",
            "jax.nn.dot_product_attention(x, y, z)",
            "n(1, 4, 2, 3), n(1, 5, 2, 3), n(1, 5, 2, 3)",
        ),
        ("logmeanexp", "jax.nn.logmeanexp(x)", "n(7)"),
        (
            "one hot loss",
            "-jnp.sum(jax.nn.log_softmax(x) * jax.nn.one_hot(y, 4))",
            "n(3, 4), i(4, 3)",
        ),
    )
)
OPTAX = tuple(
    of_expression(f"optax: {name}", expression, arguments, *setup)
    for name, expression, arguments, *setup in (
        ("l2", "optax.l2_loss(x, y)", "n(5), n(5)"),
        ("huber", "optax.huber_loss(x, y, delta=0.5)", "n(7), n(7)"),
        ("log cosh", "optax.log_cosh(x, y)", "n(5), n(5)"),
        (
            "softmax cross entropy",
            "optax.softmax_cross_entropy(x, jax.nn.softmax(y))",
            "n(3, 4), n(3, 4)",
        ),
        (
            "integer labels",
            "optax.softmax_cross_entropy_with_integer_labels(x, y)",
            "n(3, 4), i(4, 3)",
        ),
        ("sigmoid cross entropy", "optax.sigmoid_binary_cross_entropy(x, y)", "n(5), u(5)"),
        ("cosine distance", "optax.cosine_distance(x, y)", "n(3, 4), n(3, 4)"),
        ("hinge", "optax.hinge_loss(x, jnp.sign(jnp.arange(5.0) - 2.5))", "n(5)"),
        (
            "kl divergence",
            "optax.kl_divergence(jax.nn.log_softmax(x), jax.nn.softmax(y))",
            "n(4), n(4)",
        ),
        (
            "poly loss",
            "optax.losses.poly_loss_cross_entropy(x, jax.nn.softmax(y))",
            "n(3, 4), n(3, 4)",
        ),
        ("focal", "optax.sigmoid_focal_loss(x, y)", "n(5), u(5)"),
        (
            "ctc",
            "optax.ctc_loss(x, jnp.zeros((1, 6)), jnp.array([[1, 2, 1]]), jnp.zeros((1, 3)))",
            "n(1, 6, 4)",
        ),
        ("ntxent", "optax.losses.ntxent(x, jnp.array([0, 0, 1, 1]))", "n(4, 3)"),
        ("triplet", "optax.losses.triplet_margin_loss(x, y, z)", "n(3, 4), n(3, 4), n(3, 4)"),
        (
            "one step of sgd",
            "jnp.sum(optax.apply_updates(x, sgd.update(y, sgd.init(x))[0]) ** 2)",
            "n(4), n(4)",
            "sgd = optax.sgd(0.1)\n",
        ),
        ("global norm", "optax.global_norm({'a': x, 'b': y})", "n(3), n(4)"),
        ("projection on the simplex", "optax.projections.projection_simplex(x)", "n(5)"),
    )
)
FLAX = (
    of_model("linear", "nnx.Linear(3, 2, rngs=rngs, param_dtype=d)", "m(x)", "4, 3"),
    of_model("conv", "nnx.Conv(2, 3, (3, 3), rngs=rngs, param_dtype=d)", "m(x)", "1, 5, 5, 2"),
    of_model("layer norm", "nnx.LayerNorm(5, rngs=rngs, param_dtype=d)", "m(x) ** 2", "3, 5"),
    of_model("group norm", "nnx.GroupNorm(4, 2, rngs=rngs, param_dtype=d)", "m(x) ** 2", "2, 3, 4"),
    of_model(
        "batch norm in inference",
        "nnx.BatchNorm(4, use_running_average=True, rngs=rngs, param_dtype=d)",
        "m(x) ** 2",
        "5, 4",
    ),
    of_model(
        "batch norm in training", "nnx.BatchNorm(4, rngs=rngs, param_dtype=d)", "m(x) ** 2", "5, 4"
    ),
    of_model("rms norm", "nnx.RMSNorm(4, rngs=rngs, param_dtype=d)", "m(x)", "3, 4"),
    of_model(
        "embedding", "nnx.Embed(5, 3, rngs=rngs, param_dtype=d)", "m(jnp.arange(4)) * x", "4, 3"
    ),
    of_model(
        "attention",
        "nnx.MultiHeadAttention(2, 4, rngs=rngs, param_dtype=d, decode=False)",
        "m(x)",
        "1, 3, 4",
    ),
    of_model(
        "two layers",
        "nnx.Sequential(nnx.Linear(3, 5, rngs=rngs, param_dtype=d), jnp.tanh, "
        "nnx.Linear(5, 1, rngs=rngs, param_dtype=d))",
        "jnp.mean(m(x) ** 2)",
        "6, 3",
    ),
    of_model("dropout", "nnx.Dropout(0.4, rngs=rngs)", "m(x) ** 2", "6"),
    of_model(
        "lstm cell",
        "nnx.LSTMCell(3, 4, rngs=rngs, param_dtype=d)",
        "m((jnp.zeros((2, 4)), jnp.zeros((2, 4))), x)[1]",
        "2, 3",
    ),
    of_model(
        "gru cell",
        "nnx.GRUCell(3, 4, rngs=rngs, param_dtype=d)",
        "m(jnp.zeros((2, 4)), x)[1]",
        "2, 3",
    ),
    of_model(
        "state as argument",
        "nnx.state(nnx.Linear(3, 2, rngs=rngs, param_dtype=d))",
        "jnp.tanh(x @ m['kernel'].get_value() + m['bias'].get_value())",
        "4, 3",
    ),
)
HARD = tuple(
    of_expression(f"hard: {name}", expression, arguments)
    for name, expression, arguments in (
        ("near a kink", "jnp.sum(jnp.abs(x))", "np.array([1e-5, -3e-5, 0.2])"),
        ("relu near its kink", "jnp.sum(jax.nn.relu(x) * y)", "np.array([2e-5, -2e-5, 1.0]), n(3)"),
        ("scales far apart", "x * 1e8 + jnp.sum(y**2) * 1e-6", "n(), n(3)"),
        ("tiny arguments", "jnp.sum(jnp.log(x))", "1e-6 * p(4)"),
        ("edge of the domain", "jnp.sum(jnp.sqrt(1 - x**2))", "np.array([0.999, -0.9999, 0.5])"),
        ("large offset", "jnp.sum(x**2) + 1e5", "n(4)"),
        ("cancellation", "jnp.sum((1 - jnp.cos(x)) / x**2)", "1e-2 * p(4)"),
        ("high frequency", "jnp.sum(jnp.sin(500 * x))", "n(5)"),
        ("many inputs", "jnp.sum(jnp.tanh(x) ** 2)", "n(30000)"),
        ("flat fourth power", "1 + jnp.sum(x**4)", "np.zeros(3)"),
        ("dead relu", "jnp.sum(jax.nn.relu(x - 5))", "n(4)"),
        ("saturated sigmoid", "jnp.sum(jax.nn.sigmoid(x))", "np.array([30.0, -30.0, 0.1])"),
        ("exact minimum", "jnp.sum((x - 1) ** 2)", "np.ones(4)"),
        ("ill-conditioned solve", "jnp.linalg.solve(x, y)", "spd(4) + 50 * np.ones((4, 4)), n(4)"),
        ("steep sigmoid", "jnp.sum(jax.nn.sigmoid(200 * x))", "np.array([0.01, -0.02, 0.3])"),
        ("large values", "jnp.sum(jnp.log1p(x**2))", "1e6 * n(4)"),
        ("masked logits", "jax.nn.softmax(jnp.where(jnp.arange(4) < 3, x, -jnp.inf))", "n(4)"),
        ("hard-coded float32", "jnp.sum(jnp.sin(x.astype('float32')) ** 2)", "n(5)"),
    )
)
CASES: tuple[Case, ...] = (*NN, *OPTAX, *FLAX, *HARD)
