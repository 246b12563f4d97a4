"""Faults of values and learning rates, written after the detectors."""

from tests.records.train_tiny_model_texts import IMAGES, ONE_LOGIT, TWO
from tests.tools.train_tiny_model.texts import CLASSES, HEAD, NUMBERS, Case, model

VALUES = (
    Case(
        "classes numbered from 1",
        HEAD + CLASSES.replace("return x, y.", "return x, (y + 1).") + model(),
        "labels_out_of_range",
        says="is 3",
    ),
    Case(
        "a token beyond the table",
        HEAD
        + """def make_data(seed):
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 12, (400, 6)).astype(np.int32)
    return x, (x[:, 0] % 2).astype(np.int32)

class Model(nnx.Module):
    def __init__(self, rngs):
        self.table = nnx.Embed(11, 16, rngs=rngs)
        self.head = nnx.Linear(96, 2, rngs=rngs)

    def __call__(self, x):
        return self.head(self.table(x).reshape(len(x), -1))
""",
        "nonfinite_loss",
        says="index",
        at="self.table(x)",
    ),
    Case(
        "an infinite target",
        HEAD + NUMBERS.replace("return x, y", "y[7] = np.inf\n    return x, y") + model(1),
        "nan_in_data",
        says="row 7",
    ),
    Case(
        "exp of unscaled inputs",
        HEAD
        + NUMBERS
        + model(1)
        + "def loss_fn(model, batch):\n    x, y = batch\n"
        + "    return jnp.mean(jnp.exp(50 * model(x)[:, 0]) * (y + 4) ** 2)\n",
        "loss_overflow",
        at="jnp.exp",
        arguments={"steps": 60},
    ),
    Case(
        "log of one minus a sigmoid",
        HEAD
        + TWO
        + ONE_LOGIT
        + "def loss_fn(model, batch):\n    x, y = batch\n"
        + "    p = jax.nn.sigmoid(60 * model(x)[:, 0])\n"
        + "    return -jnp.mean(y * jnp.log(p) + (1 - y) * jnp.log(1 - p))\n",
        "loss_overflow",
        at="jnp.log(p)",
        arguments={"steps": 60},
    ),
    Case(
        "a norm of zero, whose gradient is nan",
        HEAD
        + NUMBERS
        + model(1)
        + "def loss_fn(model, batch):\n    x, y = batch\n"
        + "    far = jnp.linalg.norm(x - x, axis=-1)\n"
        + "    tied = jnp.linalg.norm(model(x) - model(x), axis=-1)\n"
        + "    return jnp.mean((model(x)[:, 0] - y) ** 2 + far + tied)\n",
        "nonfinite_loss",
        at="tied = ",
        arguments={"steps": 60},
    ),
    Case(
        "a where around a root, whose gradient is nan",
        HEAD
        + NUMBERS
        + model(1)
        + "def loss_fn(model, batch):\n    x, y = batch\n    p = model(x)[:, 0]\n"
        + "    return jnp.mean((p - y) ** 2) + jnp.mean(jnp.where(p > 0, jnp.sqrt(p), 0.0))\n",
        "nonfinite_loss",
        at="jnp.sqrt(p)",
        arguments={"steps": 60},
    ),
    Case(
        "weights in float16",
        HEAD + NUMBERS + model(1).replace("rngs=rngs)", "param_dtype=jnp.float16, rngs=rngs)"),
        "low_precision",
        says="float32",
        arguments={"steps": 100, "optimizer": {"learning_rate": 1e-4}},
    ),
)
RATES = (
    Case(
        "momentum at a rate of 20",
        HEAD + CLASSES + model(),
        "learning_rate_too_high",
        "diverged",
        arguments={"steps": 100, "optimizer": {"name": "sgd", "learning_rate": 20.0}},
    ),
    Case(
        "lion at a rate of 0.5",
        HEAD
        + TWO.replace("np.float32)\n    return", "np.int32)\n    return")
        + ONE_LOGIT.replace("48, 1,", "48, 2,"),
        "learning_rate_too_high",
        "diverged",
        arguments={"steps": 120, "optimizer": {"name": "lion", "learning_rate": 0.5}},
    ),
    Case(
        "Adam at a rate of 30 on images",
        HEAD + IMAGES,
        "learning_rate_too_high",
        "diverged",
        arguments={"steps": 80, "optimizer": {"learning_rate": 30.0}},
    ),
    Case(
        "sgd at a rate of 1e-6",
        HEAD
        + TWO.replace("np.float32)\n    return", "np.int32)\n    return")
        + ONE_LOGIT.replace("48, 1,", "48, 2,"),
        "learning_rate_too_low",
        arguments={"steps": 100, "optimizer": {"name": "sgd", "learning_rate": 1e-6}},
    ),
    Case(
        "Adam at a rate of 1e-6 on images",
        HEAD + IMAGES,
        "learning_rate_too_low",
        arguments={"steps": 80, "optimizer": {"learning_rate": 1e-6}},
    ),
)
