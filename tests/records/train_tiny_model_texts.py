"""Data and models of the calls that were written after the detectors."""

TWO = """def make_data(seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(500, 4)).astype(np.float32)
    y = (x[:, 0] * x[:, 1] + 0.3 * x[:, 2] > 0).astype(np.float32)
    return x, y

"""
ONE_LOGIT = """class Model(nnx.Module):
    def __init__(self, rngs):
        self.hidden = nnx.Linear(4, 48, rngs=rngs)
        self.out = nnx.Linear(48, 1, rngs=rngs)

    def __call__(self, x):
        return self.out(nnx.gelu(self.hidden(x)))

"""
OWN_STEP = """def train_step(model, optimizer, batch):
    loss, grads = nnx.value_and_grad(loss_fn)(model, batch)
    optimizer.update(model, grads)
    return loss

"""
IMAGES = """class Model(nnx.Module):
    def __init__(self, rngs):
        self.conv = nnx.Conv(1, 8, (3, 3), rngs=rngs)
        self.head = nnx.Linear(8 * 16, 10, rngs=rngs)

    def __call__(self, x):
        z = nnx.avg_pool(nnx.relu(self.conv(x.reshape(-1, 8, 8, 1))), (2, 2), (2, 2))
        return self.head(z.reshape(len(x), -1))

"""
