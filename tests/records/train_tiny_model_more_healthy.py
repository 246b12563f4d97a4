"""Healthy calls that look a little like faults: nothing must be said of them."""

from tests.records.train_tiny_model_texts import IMAGES, ONE_LOGIT, TWO
from tests.tools.train_tiny_model.texts import CLASSES, CROSS_ENTROPY, HEAD, NUMBERS, Case, model

SEQUENCES = """def make_data(seed):
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 9, (500, 8)).astype(np.int32)
    return x, (x[:, -1] % 3).astype(np.int32)

"""
MORE_HEALTHY = (
    Case(
        "one logit, labels 0 and 1 as integers",
        HEAD
        + TWO.replace("np.float32)\n    return", "np.int32)\n    return")
        + ONE_LOGIT
        + "def loss_fn(model, batch):\n    x, y = batch\n"
        + "    return optax.sigmoid_binary_cross_entropy(model(x)[:, 0], y).mean()\n",
        arguments={"steps": 400, "optimizer": {"learning_rate": 0.01}},
    ),
    Case(
        "one logit, labels 0 and 1 as floats",
        HEAD
        + TWO
        + ONE_LOGIT
        + "def loss_fn(model, batch):\n    x, y = batch\n"
        + "    return optax.sigmoid_binary_cross_entropy(model(x)[:, 0], y).mean()\n",
        arguments={"steps": 400, "optimizer": {"learning_rate": 0.01}},
    ),
    Case(
        "log-probabilities into a loss on logits",
        HEAD + CLASSES + model(out="nnx.log_softmax(self.head(x))") + CROSS_ENTROPY,
    ),
    Case(
        "a last layer that begins at zero",
        HEAD
        + CLASSES
        + model().replace(
            "nnx.Linear(32, 3, rngs=rngs)",
            "nnx.Linear(32, 3, kernel_init=nnx.initializers.zeros, rngs=rngs)",
        ),
    ),
    Case(
        "a recurrent network over tokens",
        HEAD
        + SEQUENCES
        + """class Model(nnx.Module):
    def __init__(self, rngs):
        self.table = nnx.Embed(9, 16, rngs=rngs)
        self.cell = nnx.GRUCell(16, 32, rngs=rngs)
        self.rnn = nnx.RNN(self.cell)
        self.head = nnx.Linear(32, 3, rngs=rngs)

    def __call__(self, x):
        return self.head(self.rnn(self.table(x))[:, -1])
""",
        arguments={"steps": 300, "optimizer": {"learning_rate": 0.01}},
    ),
    Case(
        "a mask of minus infinity",
        HEAD
        + SEQUENCES.replace("(x[:, -1] % 3)", "(x[:, 0] % 3)")
        + """class Model(nnx.Module):
    def __init__(self, rngs):
        self.table = nnx.Embed(9, 16, rngs=rngs)
        self.places = nnx.Param(0.1 * jax.random.normal(rngs.params(), (8, 16)))
        self.score = nnx.Linear(16, 1, rngs=rngs)
        self.head = nnx.Linear(16, 3, rngs=rngs)

    def __call__(self, x):
        z = self.table(x) + self.places[...]
        score = jnp.where(x[:, :, None] >= 0, self.score(z), -jnp.inf)
        score = jnp.where(jnp.arange(8)[:, None] < 6, score, -jnp.inf)
        return self.head((jax.nn.softmax(score, 1) * z).sum(1))
""",
        arguments={"steps": 500, "optimizer": {"learning_rate": 0.01}},
    ),
    Case(
        "a Gaussian likelihood, whose loss is negative",
        HEAD
        + NUMBERS.replace("0.3 * rng", "0.05 * rng")
        + model(2)
        + """def loss_fn(model, batch):
    x, y = batch
    mean, log_sd = model(x).T
    log_sd = jnp.clip(log_sd, -4, 4)
    return jnp.mean(log_sd + 0.5 * ((y - mean) / jnp.exp(log_sd)) ** 2)
""",
        arguments={"steps": 400, "optimizer": {"learning_rate": 0.003, "clip_norm": 5.0}},
    ),
    Case(
        "a contrast of every row with every other",
        HEAD
        + CLASSES
        + model(8)
        + """def loss_fn(model, batch):
    x, y = batch
    z = model(x)
    z = z / jnp.sqrt(jnp.square(z).sum(-1, keepdims=True) + 1e-6)
    same = (y[:, None] == y[None, :]).astype(jnp.float32)
    logits = 5.0 * z @ z.T
    return -(jax.nn.log_softmax(logits) * same).sum() / same.sum()
""",
        arguments={"steps": 300},
    ),
    Case(
        "several targets",
        HEAD
        + NUMBERS.replace("return x, y", "return x, np.stack([y, x[:, 0] * x[:, 1]], 1)")
        + model(2),
        arguments={"steps": 600, "optimizer": {"learning_rate": 0.005}},
    ),
    Case(
        "logistic regression",
        HEAD
        + CLASSES
        + "class Model(nnx.Module):\n    def __init__(self, rngs):\n"
        + "        self.head = nnx.Linear(5, 3, rngs=rngs)\n\n"
        + "    def __call__(self, x):\n        return self.head(x)\n",
        arguments={"steps": 300, "optimizer": {"learning_rate": 0.03}},
    ),
    Case(
        "a rare class, and a bias that knows it",
        HEAD
        + """def make_data(seed):
    rng = np.random.default_rng(seed)
    y = (np.arange(800) % 16 == 0).astype(np.int32)
    x = rng.normal(size=(800, 5)).astype(np.float32)
    x[:, 0] += 5 * y
    return x, y

"""
        + model(2).replace(
            "nnx.Linear(32, 2, rngs=rngs)",
            "nnx.Linear(32, 2, bias_init=lambda k, s, d: jnp.array([2.7, 0.0], d), rngs=rngs)",
        ),
        arguments={"steps": 400},
    ),
    Case(
        "pooled convolutions",
        HEAD + IMAGES,
        arguments={"steps": 250, "optimizer": {"learning_rate": 0.005}},
    ),
    Case(
        "computed in bfloat16, kept in float32",
        HEAD + CLASSES + model().replace("rngs=rngs)", "dtype=jnp.bfloat16, rngs=rngs)"),
        arguments={"steps": 300},
    ),
    Case(
        "constants in a Cache, tied weights",
        HEAD
        + NUMBERS
        + """class Model(nnx.Module):
    def __init__(self, rngs):
        self.scale = nnx.Cache(jnp.array([1.0, 2.0, 1.0, 1.0, 1.0]))
        self.code = nnx.Param(0.3 * jax.random.normal(rngs.params(), (5, 24)))
        self.head = nnx.Linear(5, 1, rngs=rngs)

    def __call__(self, x):
        z = nnx.gelu((x * self.scale[...]) @ self.code[...])
        return self.head(z @ self.code[...].T)
""",
        arguments={"steps": 600, "optimizer": {"learning_rate": 0.01}},
    ),
    Case(
        "a variational autoencoder with its own noise",
        HEAD
        + """def make_data(seed):
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(500, 2))
    x = np.tanh(z @ rng.normal(size=(2, 8))) + 0.05 * rng.normal(size=(500, 8))
    return x.astype(np.float32), x.astype(np.float32)

class Model(nnx.Module):
    def __init__(self, rngs):
        self.enter = nnx.Linear(8, 32, rngs=rngs)
        self.code = nnx.Linear(32, 4, rngs=rngs)
        self.back = nnx.Linear(2, 32, rngs=rngs)
        self.leave = nnx.Linear(32, 8, rngs=rngs)
        self.rngs = rngs.fork()

    def code_of(self, x):
        return jnp.split(self.code(nnx.relu(self.enter(x))), 2, -1)

    def decode(self, z):
        return self.leave(nnx.relu(self.back(z)))

    def __call__(self, x):
        return self.decode(self.code_of(x)[0])

def loss_fn(model, batch):
    x, _ = batch
    mean, log_var = model.code_of(x)
    z = mean + jnp.exp(log_var / 2) * jax.random.normal(model.rngs.noise(), mean.shape)
    fit = jnp.square(model.decode(z) - x).sum(-1) / 0.02
    far = 0.5 * (jnp.exp(log_var) + mean**2 - 1 - log_var).sum(-1)
    return jnp.mean(fit + far)
""",
        arguments={"steps": 600, "optimizer": {"learning_rate": 0.005}},
    ),
)
PRESETS = (
    Case("iris, mlp", "", arguments={"model": "mlp", "dataset": "iris"}),
    Case("wine, mlp", "", arguments={"model": "mlp", "dataset": "wine"}),
    Case("breast cancer, mlp", "", arguments={"model": "mlp", "dataset": "breast_cancer"}),
    Case("digits, mlp", "", arguments={"model": "mlp"}),
    Case("moons, mlp", "", arguments={"model": "mlp", "dataset": "moons"}),
    Case("swiss roll, mlp", "", arguments={"model": "mlp", "dataset": "swiss_roll"}),
    Case("sine, mlp", "", arguments={"model": "mlp", "dataset": "sine"}),
    Case("digits, autoencoder", "", arguments={"model": "autoencoder", "steps": 400}),
    Case("digits, cnn", "", arguments={"model": "cnn", "steps": 200}),
    Case("poisson, pinn", "", arguments={"model": "pinn", "steps": 1000}),
    Case(
        "moons, diffusion", "", arguments={"model": "diffusion", "dataset": "moons", "steps": 800}
    ),
)
"""Calls of the presets, without code."""
