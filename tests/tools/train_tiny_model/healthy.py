"""Calls in which nothing is wrong."""

from tests.tools.train_tiny_model.texts import CLASSES, CROSS_ENTROPY, HEAD, NUMBERS, Case, model

HEALTHY = (
    Case("classes", HEAD + CLASSES + model()),
    Case("classes with an own loss", HEAD + CLASSES + model() + CROSS_ENTROPY),
    Case("numbers", HEAD + NUMBERS + model(1), arguments={"optimizer": {"learning_rate": 0.003}}),
    Case(
        "dropout and batch norm",
        HEAD
        + CLASSES
        + model()
        .replace(
            "        self.head",
            "        self.norm = nnx.BatchNorm(32, rngs=rngs)\n"
            "        self.drop = nnx.Dropout(0.2, rngs=rngs)\n        self.head",
            1,
        )
        .replace("self.second(x))", "self.drop(self.norm(self.second(x))))"),
    ),
    Case(
        "an own step",
        HEAD
        + CLASSES
        + model()
        + CROSS_ENTROPY
        + """@nnx.jit
def train_step(model, optimizer, batch):
    loss, grads = nnx.value_and_grad(loss_fn)(model, batch)
    optimizer.update(model, grads)
    return loss

def make_optimizer():
    return optax.adam(3e-3)
""",
    ),
    Case(
        "a convolution",
        HEAD
        + """class Model(nnx.Module):
    def __init__(self, rngs):
        self.conv = nnx.Conv(1, 8, (3, 3), rngs=rngs)
        self.head = nnx.Linear(512, 10, rngs=rngs)

    def __call__(self, x):
        return self.head(nnx.relu(self.conv(x.reshape(-1, 8, 8, 1))).reshape(len(x), -1))
""",
        arguments={"steps": 150, "optimizer": {"learning_rate": 0.005}},
    ),
    Case(
        "attention over features",
        HEAD
        + CLASSES
        + """class Model(nnx.Module):
    def __init__(self, rngs):
        self.up = nnx.Linear(1, 16, rngs=rngs)
        self.mix = nnx.MultiHeadAttention(2, 16, decode=False, rngs=rngs)
        self.head = nnx.Linear(80, 3, rngs=rngs)

    def __call__(self, x):
        z = self.up(x[:, :, None])
        return self.head((z + self.mix(z)).reshape(len(x), -1))
""",
    ),
    Case(
        "sgd",
        HEAD + CLASSES + model(),
        arguments={"optimizer": {"name": "sgd", "learning_rate": 0.05}},
    ),
)
"""Custom calls in which nothing is wrong."""
