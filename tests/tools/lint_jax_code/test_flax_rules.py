"""Rules of flax in many dresses, and the code beside them that is right."""

import pytest

from jax_workbench.tools.lint_jax_code.linting import lint_text

IMPORTS = """\
from functools import partial
import jax, jax.numpy as jnp, optax
from flax import nnx
from flax import linen as nn
from flax.training import train_state
"""
NNX = """\
class Net(nnx.Module):
    def __init__(self, rngs: nnx.Rngs):
        self.rngs = rngs
        self.lin = nnx.Linear(2, 2, rngs=rngs)
        self.bn = nnx.BatchNorm(2, rngs=rngs)
        self.calls = nnx.Variable(jnp.zeros(()))
    def __call__(self, x):
        return self.lin(x)
    def count(self):
        self.calls[...] += 1
net = Net(nnx.Rngs(0))
"""
LINEN = """\
class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.BatchNorm(use_running_average=False)(nn.Dense(2)(x))
net = Net()
variables = net.init(jax.random.key(0), jnp.ones((4, 2)))
"""


def told(code: str, before: str = NNX) -> list[str]:
    """What is said, without hints and findings that are for information."""
    return [h.rule.code for h in lint_text(IMPORTS + before + code).shown if h.severity != "info"]


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("NNX101", ("def grown(sizes, rngs):\n    net.parts = {}\n    parts = []\n"
         "    for n in sizes:\n        parts.append(nnx.Linear(n, n, rngs=rngs))\n"
         "    net.parts = parts\n")),
        ("NNX101", ("def grown(sizes, rngs):\n    parts = dict()\n    for n in sizes:\n"
         "        parts[n] = Net(rngs)\n    net.parts = parts\n")),
        ("NNX102", "conv = partial(nnx.Conv, kernel_size=(3, 3))\nlayer = conv(1, 2)\n"),
        ("NNX106", ("def run(m, x):\n    m.count()\n    return m(x)\n"
         "y = jax.jit(run)(net, jnp.ones(2))\n")),
        ("NNX106", ("def run(m, x):\n    m.calls.set_value(x)\n    return x\n"
         "y = jax.jit(run)(net, jnp.ones(()))\n")),
        ("NNX120", "key = jax.random.key(0)\nlayer = nnx.Dropout(0.5, rngs=key)\n"),
        ("NNX120", "make = partial(nnx.Linear, 2, 2)\nlayer = nnx.Embed(2, 2, rngs=0)\n"),
        ("NNX120", "other = Net(jax.random.key(1))\n"),
        ("NNX121", "y = net.eval()(jnp.ones(2))\n"),
        ("NNX121", ("def predict(model, x):\n    return model(x)\n"
         "y = predict(net.eval(), jnp.ones(2))\n")),
        ("NNX114", "y = nnx.merge(nnx.state(net))(jnp.ones(2))\n"),
        ("NNX115", "g, p = nnx.split(net, nnx.Param)\n"),
        ("NNX115", ("net2 = nnx.Sequential(nnx.Linear(2, 2, rngs=nnx.Rngs(0)),"
         " nnx.Dropout(0.5, rngs=nnx.Rngs(0)))\ng, p = nnx.split(net2, nnx.Param)\n")),
        ("JAX722", "p, s, r = nnx.split(net, nnx.Param, ...)[1:]\n"),
        ("JAX722", "g, s, r = nnx.split(net)\n"),
        ("NNX122", "def loss(state, x):\n    return net.apply({'params': state}, x).sum()\n"),
        ("NNX122", "seq = nnx.Sequential(jnp.sin)\nv = seq.init(jax.random.key(0))\n"),
        ("NNX123", ("def drop(rngs: nnx.Rngs, x):\n"
         "    return x * jax.random.bernoulli(rngs.dropout, 0.5, x.shape)\n")),
        ("NNX123", "k = jax.random.split(net.rngs.params, 2)\n"),
        ("NNX119", "made = jax.vmap(lambda r: r.params())(nnx.Rngs(jax.random.key(0)))\n"),
        ("NNX119", ("@partial(nnx.vmap, in_axes=(0, None))\ndef make(r, n):\n    return Net(r)\n"
         "many = make(nnx.Rngs(0), 2)\n")),
        ("NNX124", ("def loss(x):\n    net.count()\n    return x.sum()\n"
         "g = nnx.grad(loss)(jnp.ones(2))\n")),
        ("NNX124", ("opt = nnx.Optimizer(net, optax.sgd(0.1), wrt=nnx.Param)\n@nnx.jit\n"
         "def step(model, grads):\n    opt.update(model, grads)\n")),
        ("NNX124", "@jax.jit\ndef step(x):\n    return net.bn(x)\n"),
        ("NNX125", "a = nnx.metrics.Accuracy()\na.update(jnp.eye(2), jnp.array([0, 1]))\n"),
    ],
)  # fmt: skip
def test_a_defect_of_nnx_is_found(rule: str, code: str) -> None:
    assert rule in told(code)


@pytest.mark.parametrize(
    "code",
    [
        (
            "parts = []\nfor n in range(2):\n    parts.append(Net(nnx.Rngs(n)))\n"
            "net.parts = nnx.List(parts)\n"
        ),
        "names = {}\nfor n in range(2):\n    names[str(n)] = n\nnet.names = names\n",
        "conv = partial(nnx.Conv, kernel_size=(3, 3), rngs=nnx.Rngs(0))\nlayer = conv(1, 2)\n",
        "net.eval()\ny = net(jnp.ones(2))\nnet.train()\n",
        "g, s = nnx.split(net)\ny = nnx.merge(g, s)(jnp.ones(2))\n",
        "g, p, b, r = nnx.split(net, nnx.Param, nnx.BatchStat, ...)\n",
        "p = nnx.state(net, nnx.Param)\n",
        "keys = jax.random.split(net.rngs.params(), 2)\n",
        (
            "make = nnx.split_rngs(splits=3)(nnx.vmap(lambda r: nnx.Linear(2, 2, rngs=r)))\n"
            "many = make(nnx.Rngs(0))\n"
        ),
        (
            "@nnx.vmap\ndef make(key):\n    return Net(nnx.Rngs(key))\n"
            "many = make(jax.random.split(jax.random.key(0), 3))\n"
        ),
        (
            "@nnx.jit\ndef step(model, x):\n    def loss(model):\n        model.count()\n"
            "        return model.bn(model(x)).sum()\n    return nnx.grad(loss)(model)\n"
            "g = step(net, jnp.ones((3, 2)))\n"
        ),
        (
            "class Trainer:\n    def __init__(self):\n        self.net = Net(nnx.Rngs(0))\n"
            "        self.opt = nnx.Optimizer(self.net, optax.sgd(0.1), wrt=nnx.Param)\n"
            "    def step(self, x):\n        grads = nnx.grad(lambda m: m(x).sum())(self.net)\n"
            "        self.opt.update(self.net, grads)\n"
        ),
        "for n in range(3):\n    net.count()\n",
        "m = nnx.MultiMetric(a=nnx.metrics.Average())\nm.update(values=jnp.ones(2))\n",
    ],
)
def test_right_code_of_nnx_is_silent(code: str) -> None:
    assert told(code) == []


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("FLX105", ("def loss(p, x):\n    return net.apply(p, x).sum()\n"
         "g = jax.grad(loss)(variables['params'], jnp.ones((4, 2)))\n")),
        ("FLX105", ("params = variables['params']\ntx = optax.sgd(0.1)\nstate = tx.init(params)\n"
         "for n in range(3):\n    y = net.apply(params, jnp.ones((4, 2)))\n"
         "    updates, state = tx.update(params, state)\n"
         "    params = optax.apply_updates(params, updates)\n")),
        ("FLX105", ("state = train_state.TrainState.create(apply_fn=net.apply,"
         " params=variables['params'], tx=optax.sgd(0.1))\n"
         "@jax.jit\ndef run(state, x):\n    return state.apply_fn(state.params, x)\n"
         "y = run(state, jnp.ones((4, 2)))\n")),
        ("FLX106", "@jax.jit\ndef predict(x):\n    return net(x)\ny = predict(jnp.ones((4, 2)))\n"),
        ("FLX113", ("y = net.apply(variables, jnp.ones((4, 2)), mutable=['batch_stats'])\n"
         "loss = (y - 1.0) ** 2\n")),
        ("FLX113", ("layer = nn.BatchNorm(use_running_average=False)\n"
         "y = layer.apply(variables, jnp.ones((4, 2)), mutable=True)\nm = y.mean()\n")),
        ("FLX120", "v = nn.Sequential([nn.Dense(2)]).init(jnp.ones((1, 2)))\n"),
        ("FLX121", ("def train(variables, batches):\n    for x in batches:\n"
         "        net.apply(variables, x, mutable=['batch_stats'])\n")),
        ("FLX121", ("def train(variables, batches):\n    for x in batches:\n"
         "        y = net.apply(variables, x, mutable=['batch_stats'])[0]\n        print(y)\n")),
        ("FLX122", ("def block(x, train):\n"
         "    return nn.BatchNorm(use_running_average=train)(x)\n")),
        ("FLX122", ("def block(x, deterministic):\n"
         "    return nn.Dropout(0.1, deterministic=not deterministic)(x)\n")),
        ("FLX124", ("class Scale(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n"
         "        return x * self.param('scale', init_fn=jnp.ones(2))\n")),
    ],
)  # fmt: skip
def test_a_defect_of_linen_is_found(rule: str, code: str) -> None:
    assert rule in told(code, LINEN)


@pytest.mark.parametrize(
    "code",
    [
        (
            "def loss(p, x):\n    return net.apply({'params': p}, x, mutable=True)[0].sum()\n"
            "g = jax.grad(loss)(variables['params'], jnp.ones((4, 2)))\n"
        ),
        (
            "def block(x):\n    layer = nn.Dense(2)\n    return layer(x)\n"
            "class Deep(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n"
            "        return block(x)\n"
        ),
        (
            "class Outer(nn.Module):\n    inner: nn.Module\n    def __call__(self, x):\n"
            "        return self.inner(x)\n"
            "v = Outer(inner=net).init(jax.random.key(0), jnp.ones((4, 2)))\n"
        ),
        (
            "def run(train, x):\n    return net.apply(variables, x,"
            " mutable=['batch_stats'] if train else False)\n"
        ),
        (
            "y, new = net.apply(variables, jnp.ones((4, 2)), mutable=['batch_stats'])\n"
            "loss = (y - 1.0) ** 2\n"
        ),
        (
            "for n in range(3):\n    y, _ = net.apply(variables, jnp.ones((4, 2)),"
            " mutable=['intermediates', 'losses'])\n"
        ),
        "def block(x, train):\n    return nn.Dropout(0.1, deterministic=not train)(x)\n",
        "v = net.init({'params': jax.random.key(0)}, jnp.ones((4, 2)))\n",
        "v = net.init(jnp.array([0, 1], dtype=jnp.uint32), jnp.ones((4, 2)))\n",
    ],
)
def test_right_code_of_linen_is_silent(code: str) -> None:
    assert told(code, LINEN) == []
