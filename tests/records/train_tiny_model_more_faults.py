"""Faults as people write them, none of which was looked at while the detectors were made."""

from tests.records.train_tiny_model_more_values import RATES, VALUES
from tests.records.train_tiny_model_texts import IMAGES, ONE_LOGIT, OWN_STEP, TWO
from tests.tools.train_tiny_model.texts import (
    CLASSES,
    CROSS_ENTROPY,
    HEAD,
    MEAN_SQUARE,
    NUMBERS,
    Case,
    model,
)

SHAPES_AND_UPDATES = (
    Case(
        "binary cross-entropy of (batch, 1) logits and (batch,) labels",
        HEAD
        + TWO
        + ONE_LOGIT
        + "def loss_fn(model, batch):\n    x, y = batch\n"
        + "    return optax.sigmoid_binary_cross_entropy(model(x), y).mean()\n",
        "broadcast_loss",
    ),
    Case(
        "targets of (batch, 1) less a squeezed prediction",
        HEAD
        + NUMBERS.replace("return x, y", "return x, y[:, None]")
        + model(1)
        + "def loss_fn(model, batch):\n    x, y = batch\n"
        + "    return jnp.abs(model(x).squeeze(-1) - y).mean()\n",
        "broadcast_loss",
        at="jnp.abs(model",
    ),
    Case(
        "an own step under jax.jit",
        HEAD + CLASSES + model() + CROSS_ENTROPY + "@jax.jit\n" + OWN_STEP,
        "updates_lost",
        arguments={"steps": 60},
    ),
    Case(
        "an own step that never calls update",
        HEAD
        + CLASSES
        + model()
        + CROSS_ENTROPY
        + "@nnx.jit\n"
        + OWN_STEP.replace("    optimizer.update(model, grads)\n", ""),
        "updates_lost",
        arguments={"steps": 60},
    ),
    Case(
        "weights of a Variable class of one's own",
        HEAD
        + "class Weight(nnx.Variable):\n    pass\n\n"
        + NUMBERS
        + model(1, out="self.head(x) + x[:, :1] * self.slope[...]").replace(
            "        self.head", "        self.slope = Weight(jnp.ones(1))\n        self.head", 1
        ),
        "untrained_parameters",
        says="slope",
        arguments={"steps": 60, "optimizer": {"learning_rate": 0.003}},
    ),
    Case(
        "a first layer frozen by the optimiser's mask",
        HEAD
        + CLASSES
        + model()
        + "def make_optimizer():\n"
        + "    def label(params):\n"
        + "        return jax.tree_util.tree_map_with_path(\n"
        + "            lambda p, _: 'off' if 'first' in str(p[0]) else 'on', params)\n"
        + "    return optax.multi_transform(\n"
        + "        {'on': optax.adam(1e-3), 'off': optax.set_to_zero()}, label)\n",
        "zero_gradient_layer",
        says="first",
        arguments={"steps": 60},
    ),
    Case(
        "a layer that is never called",
        HEAD
        + CLASSES
        + model().replace(
            "        self.head",
            "        self.spare = nnx.Linear(5, 7, rngs=rngs)\n        self.head",
            1,
        ),
        "zero_gradient_layer",
        says="spare",
        arguments={"steps": 60},
    ),
    Case(
        "a step function between the layers",
        HEAD + CLASSES + model(out="self.head((x > 0.1).astype(jnp.float32))"),
        "zero_gradient_layer",
        says="first",
        arguments={"steps": 60},
    ),
)
MODELS = (
    Case(
        "inputs a hundred below zero",
        HEAD
        + NUMBERS.replace("return x, y", "return x * 0.01 - 100, y")
        + model(1).replace(
            "nnx.Linear(5, 32, rngs=rngs)",
            "nnx.Linear(5, 32, kernel_init=nnx.initializers.constant(0.5), rngs=rngs)",
        ),
        "dead_units",
        arguments={"steps": 60},
    ),
    Case(
        "pixels of 0 to 255",
        HEAD
        + """def make_data(seed):
    rng = np.random.default_rng(seed)
    y = np.arange(400) % 4
    x = rng.uniform(0, 120, (400, 36))
    for k in range(4):
        x[y == k, 9 * k:9 * k + 9] += 100
    return x.astype(np.float32), y.astype(np.int32)

"""
        + model(4).replace("Linear(5,", "Linear(36,"),
        "bad_init",
        arguments={"steps": 60},
    ),
    Case(
        "a softmax of the model before one of optax",
        HEAD
        + IMAGES.replace(
            "return self.head(z.reshape(len(x), -1))",
            "return nnx.softmax(self.head(z.reshape(len(x), -1)))",
        ),
        "double_softmax",
        arguments={"steps": 40},
    ),
    Case(
        "a sigmoid in the model and one in the loss",
        HEAD
        + TWO
        + ONE_LOGIT.replace(
            "return self.out(nnx.gelu(self.hidden(x)))",
            "return nnx.sigmoid(self.out(nnx.gelu(self.hidden(x))))",
        )
        + "def loss_fn(model, batch):\n    x, y = batch\n"
        + "    return optax.sigmoid_binary_cross_entropy(model(x)[:, 0], y).mean()\n",
        "double_softmax",
        arguments={"steps": 60},
    ),
    Case(
        "few noisy rows and many weights",
        HEAD
        + NUMBERS.replace("400", "90").replace("0.3 * rng", "4.0 * rng")
        + model(1).replace("32", "256"),
        "overfitting",
        arguments={"steps": 600, "early_stopping": False, "optimizer": {"learning_rate": 0.003}},
    ),
    Case(
        "half of the test rows come from training",
        HEAD
        + NUMBERS.replace("return x, y", "return x[:300], y[:300], x[240:360], y[240:360]")
        + model(1)
        + MEAN_SQUARE.replace("model(x)", "model(x)[:, 0]"),
        "split_leakage",
        says="60 of 120",
        arguments={"steps": 60, "optimizer": {"learning_rate": 0.003}},
    ),
    Case(
        "a convolution inside a fori_loop",
        HEAD
        + IMAGES.replace("(1, 8, (3, 3)", "(1, 1, (3, 3)")
        .replace("8 * 16", "64")
        .replace(
            "        z = nnx.avg_pool("
            "nnx.relu(self.conv(x.reshape(-1, 8, 8, 1))), (2, 2), (2, 2))\n",
            "        graphdef, state = nnx.split(self.conv)\n"
            "        z = jax.lax.fori_loop(0, 3, lambda _, v: nnx.relu(\n"
            "            nnx.merge(graphdef, state)(v)), x.reshape(-1, 8, 8, 1))\n",
        ),
        "slow_conv_loop",
        at="jax.lax.fori_loop",
        arguments={"steps": 20},
    ),
)
MORE_FAULTS = (*SHAPES_AND_UPDATES, *VALUES, *RATES, *MODELS)
"""At least one more for each way to go wrong, but for memory."""
