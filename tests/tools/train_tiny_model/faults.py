"""Calls with one fault each, and what the tool must call it."""

from tests.tools.train_tiny_model.texts import (
    CLASSES,
    CROSS_ENTROPY,
    HEAD,
    MEAN_SQUARE,
    NUMBERS,
    Case,
    model,
)

FAULTS = (
    Case(
        "a prediction (batch, 1) less a target (batch,)",
        HEAD + NUMBERS + model(1) + MEAN_SQUARE,
        "broadcast_loss",
        "failed_checks",
        says="(batch, 1)",
        at="(model(x) - y)",
    ),
    Case(
        "updates under jax.jit are lost",
        HEAD
        + CLASSES
        + model()
        + CROSS_ENTROPY
        + """@jax.jit
def step(params, batch):
    return params

def train_step(model, optimizer, batch):
    loss, grads = nnx.value_and_grad(loss_fn)(model, batch)
    graphdef, state = nnx.split(model)
    copy = nnx.merge(graphdef, state, copy=True)
    optimizer.update(copy, grads)
    return loss
""",
        "updates_lost",
        "no_learning",
        says="nnx.jit",
        arguments={"steps": 40},
    ),
    Case(
        "a bare array is never trained",
        HEAD
        + CLASSES
        + model(out="self.head(x * self.scale)").replace(
            "        self.head", "        self.scale = nnx.data(jnp.ones(32))\n        self.head", 1
        ),
        "untrained_parameters",
        says="scale",
        arguments={"steps": 60},
    ),
    Case(
        "a label as large as the number of classes",
        HEAD + CLASSES.replace("return x, y.", "y[17] = 3\n    return x, y.") + model(),
        "labels_out_of_range",
        "failed_checks",
        says="in row 17",
    ),
    Case(
        "a negative label",
        HEAD + CLASSES.replace("return x, y.", "y[17] = -1\n    return x, y.") + model(),
        "labels_out_of_range",
        "failed_checks",
        says="is -1",
    ),
    Case(
        "one nan in the inputs",
        HEAD + CLASSES.replace("return x, y.", "x[33, 2] = np.nan\n    return x, y.") + model(),
        "nan_in_data",
        "failed_checks",
        says="in row 33, column [2]",
    ),
    Case(
        "log of a softmax that underflows",
        HEAD
        + CLASSES
        + model(out="200.0 * self.head(x)")
        + """def loss_fn(model, batch):
    x, y = batch
    p = jax.nn.softmax(model(x))
    return -jnp.mean(jnp.log(p[jnp.arange(len(y)), y]))
""",
        "loss_overflow",
        "failed_checks",
        says="log_softmax",
        at="jnp.log(p",
    ),
    Case(
        "a square root of what becomes negative",
        HEAD
        + CLASSES
        + model()
        + """def loss_fn(model, batch):
    x, y = batch
    loss = optax.softmax_cross_entropy_with_integer_labels(model(x), y).mean()
    return loss + 0.01 * jnp.sqrt(loss - 0.6)
""",
        "nonfinite_loss",
        "diverged",
        says="sqrt",
        at="jnp.sqrt",
        arguments={"steps": 200, "optimizer": {"learning_rate": 0.003}},
    ),
    Case(
        "Adam at a rate of 3",
        HEAD + CLASSES + model(),
        "learning_rate_too_high",
        "diverged",
        arguments={"steps": 100, "optimizer": {"learning_rate": 3.0}},
    ),
    Case(
        "SGD at a rate of 100",
        HEAD + NUMBERS + model(1),
        "learning_rate_too_high",
        "diverged",
        arguments={"steps": 100, "optimizer": {"name": "sgd", "learning_rate": 100.0}},
    ),
    Case(
        "Adam at a rate of 1e-7",
        HEAD + CLASSES + model(),
        "learning_rate_too_low",
        arguments={"steps": 100, "optimizer": {"learning_rate": 1e-7}},
        says="Raise",
    ),
    Case(
        "biases far below zero",
        HEAD
        + CLASSES
        + model().replace(
            "nnx.Linear(32, 32, rngs=rngs)",
            "nnx.Linear(32, 32, bias_init=nnx.initializers.constant(-50.0), rngs=rngs)",
        ),
        "dead_units",
        "no_learning",
        arguments={"steps": 60},
    ),
    Case(
        "a softmax in the model, logits in the loss",
        HEAD + CLASSES + model(out="jax.nn.softmax(self.head(x))") + CROSS_ENTROPY,
        "double_softmax",
        says="cannot fall below",
        arguments={"steps": 60},
    ),
    Case(
        "a softmax in the loss before another",
        HEAD
        + CLASSES
        + model()
        + CROSS_ENTROPY.replace("integer_labels(model(x)", "integer_labels(nnx.softmax(model(x))"),
        "double_softmax",
        says="loss_fn",
        arguments={"steps": 60},
    ),
    Case(
        "a last layer of weights near 10",
        HEAD
        + CLASSES
        + model().replace(
            "nnx.Linear(32, 3, rngs=rngs)",
            "nnx.Linear(32, 3, kernel_init=nnx.initializers.normal(10.0), rngs=rngs)",
        ),
        "bad_init",
        says="kernel_init",
        arguments={"steps": 60},
    ),
    Case(
        "random labels and many weights",
        HEAD
        + CLASSES.replace("return x, y.", "y = rng.permutation(y)\n    return x[:120], y[:120].")
        + model().replace("32", "256"),
        "overfitting",
        arguments={"steps": 400, "early_stopping": False},
    ),
    Case(
        "test rows that are training rows",
        HEAD
        + CLASSES.replace(
            "return x, y.astype(np.int32)",
            "y = y.astype(np.int32)\n    return x, y, x[:80], y[:80]",
        )
        + model(),
        "split_leakage",
        says="80 of 80",
        arguments={"steps": 60},
    ),
    Case(
        "a layer behind stop_gradient",
        HEAD + CLASSES + model().replace("self.first(x))", "jax.lax.stop_gradient(self.first(x)))"),
        "zero_gradient_layer",
        says="first",
        arguments={"steps": 60},
    ),
    Case(
        "weights in bfloat16",
        HEAD + CLASSES + model().replace("rngs=rngs)", "param_dtype=jnp.bfloat16, rngs=rngs)"),
        "low_precision",
        says="float32",
        arguments={"steps": 80, "optimizer": {"learning_rate": 1e-4}},
    ),
    Case(
        "a convolution inside a scan",
        HEAD
        + """def make_data(seed):
    rng = np.random.default_rng(seed)
    y = np.arange(200) % 2
    x = rng.normal(size=(200, 6, 6, 1)).astype(np.float32)
    x[:, :3] += 2.0 * y[:, None, None, None]
    return x, y.astype(np.int32)

class Model(nnx.Module):
    def __init__(self, rngs):
        self.conv = nnx.Conv(1, 1, (3, 3), rngs=rngs)
        self.head = nnx.Linear(36, 2, rngs=rngs)

    def __call__(self, x):
        graphdef, state = nnx.split(self.conv)
        def again(z, _):
            return jnp.tanh(nnx.merge(graphdef, state)(z)), None
        x, _ = jax.lax.scan(again, x, None, length=2)
        return self.head(x.reshape(len(x), -1))
""",
        "slow_conv_loop",
        at="jax.lax.scan",
        arguments={"steps": 30},
    ),
)
"""One for each way to go wrong."""
