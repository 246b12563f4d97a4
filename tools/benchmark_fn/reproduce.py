"""A script that repeats a call's comparison with JAX and NumPy alone. Runs in the server."""

from jax_workbench.tools.benchmark_fn import BenchmarkFnAsk
from jax_workbench.tools.benchmark_fn.input_rules import draws_of
from jax_workbench.tools.benchmark_fn.sizes import Sizes, at_sizes
from jax_workbench.tools.contract import Saved

NAME = "reproduce.py"

HEAD = '''"""Times the variants of one benchmark_fn call again: `python reproduce.py`.

All run in this process, interleaved, each call synchronised. Unlike benchmark_fn it does not
isolate the code from the clock, does not hide the inputs, and compares no outputs: trust it for
code that you wrote yourself.
"""

import math
import time

import jax
import numpy as np

jax.config.update("jax_enable_x64", {x64})
VARIANTS = {variants}
BASELINE = {baseline}
SIZES = {sizes}
AS_CALLED, BACKWARD = {as_called}, {backward}
MIN_EFFECT, SECONDS, SEED = {min_effect}, {seconds}, {seed}
'''

DRAWN = """
DRAWS = {draws}  # shape, dtype, distribution, low, high


def arguments(seed):
    rng = np.random.default_rng(seed)
    return tuple(draw(rng, *one) for one in DRAWS)


def draw(rng, shape, dtype, law, low, high):
    if dtype == "key":
        n = math.prod(shape)
        keys = jax.random.split(jax.random.key(int(rng.integers(2**31))), max(n, 1))
        return keys.reshape(shape) if shape else keys[0]
    if law == "spd":
        root = rng.normal(size=shape)
        value = root @ np.swapaxes(root, -1, -2) / shape[-1] + np.eye(shape[-1])
    elif law == "arange":
        value = np.arange(math.prod(shape)).reshape(shape)
    elif law in ("zeros", "ones"):
        value = getattr(np, law)(shape)
    elif law == "integers":
        value = rng.integers(int(low), int(high), shape)
    else:
        value = rng.normal(size=shape) if law == "normal" else rng.uniform(low, high, shape)
    if "complex" in dtype:
        value = value + 1j * rng.permutation(np.ravel(value)).reshape(shape)
    return jax.numpy.asarray(value).astype(dtype)
"""

MADE = """
MAKE_INPUTS = {make_inputs}


def arguments(seed):
    module = {{"__name__": "make_inputs"}}
    exec(MAKE_INPUTS, module)
    return tuple(jax.device_put(module["make_inputs"](seed, **SIZES)))
"""

TAIL = """

def function(code, name):
    module = {"__name__": "variant"}
    exec(code, module)
    fn = module[name]
    if BACKWARD:
        fn = value_and_gradient(fn)
    return fn if AS_CALLED else jax.jit(fn)


def value_and_gradient(fn):
    def both(*inputs):
        leaves, tree = jax.tree.flatten(inputs)
        inexact = [jax.numpy.issubdtype(leaf.dtype, jax.numpy.inexact) for leaf in leaves]
        moving = [i for i, moves in enumerate(inexact) if moves]

        def scalar(parts):
            whole = list(leaves)
            for i, part in zip(moving, parts):
                whole[i] = part
            return fn(*jax.tree.unflatten(tree, whole)).reshape(())

        return jax.value_and_grad(scalar)([leaves[i] for i in moving])

    return both


def block_us(call, inputs, n):
    start = time.perf_counter_ns()
    for _ in range(n):
        jax.block_until_ready(call(*inputs))
    return (time.perf_counter_ns() - start) / 1e3 / n


INPUTS = [arguments(SEED + i) for i in range(3)]
calls = {name: function(code, fn) for name, (code, fn) in VARIANTS.items()}
repeats = {}
for name, call in calls.items():
    fastest = min(block_us(call, INPUTS[i % 3], 1) for i in range(5))
    repeats[name] = max(1, math.ceil(2000 / fastest))  # a block lasts 2 ms or more
times = {name: [] for name in calls}
rng, started = np.random.default_rng(SEED), time.monotonic()
while time.monotonic() - started < SECONDS or len(times[BASELINE]) < 36:
    inputs = INPUTS[len(times[BASELINE]) % 3]
    for name in rng.permutation(list(calls)):
        times[name].append(block_us(calls[name], inputs, repeats[name]))

for name, taken in times.items():
    line = f"{name}: median {np.median(taken):.4g} us a call"
    if name != BASELINE:
        # Medians of 12 stretches of paired log ratios; t with 11 degrees of freedom, 98 %.
        ratios = np.log(taken) - np.log(times[BASELINE])
        n = len(ratios) // 12
        medians = np.median(ratios[: 12 * n].reshape(12, n), axis=1)
        half = 2.718 * medians.std(ddof=1) / math.sqrt(12)
        low, ratio, high = np.exp(medians.mean() + np.array([-half, 0, half]))
        edge = 1 + MIN_EFFECT
        word = "slower" if low > edge else "faster" if high < 1 / edge else "not told apart"
        if 1 / edge < low and high < edge:
            word = "same"
        line += f"; time ratio {ratio:.3f} [{low:.3f}, {high:.3f}]: {word}"
    print(line)
"""


def script_of(ask: BenchmarkFnAsk, baseline: str, sizes: Sizes) -> Saved:
    """The script as an artifact, at one size. A stored baseline is not in it, having no code."""
    variants = {variant.name: (variant.code, variant.fn) for variant in ask.variants}
    head = HEAD.format(
        x64=ask.x64,
        variants=as_literal(variants),
        baseline=repr(baseline if baseline in variants else next(iter(variants))),
        sizes=dict(sizes),
        as_called=ask.mode == "as_called",
        backward=ask.backward,
        min_effect=ask.min_effect,
        seconds=ask.time_budget_s,
        seed=ask.seed,
    )
    if ask.make_inputs:
        inputs = MADE.format(make_inputs=text_literal(ask.make_inputs))
    else:
        draws = draws_of(at_sizes(ask.inputs, sizes), x64=ask.x64)
        inputs = DRAWN.format(
            draws=[(d.shape, d.dtype, d.distribution, d.low, d.high) for d in draws]
        )
    return Saved(NAME, (head + inputs + TAIL).encode("utf-8", "replace"), "text/x-python")


def as_literal(variants: dict[str, tuple[str, str]]) -> str:
    """The variants as Python text that keeps the code readable."""
    rows = [
        f"    {name!r}: ({text_literal(code)}, {fn!r}),\n" for name, (code, fn) in variants.items()
    ]
    return "{\n" + "".join(rows) + "}"


def text_literal(code: str) -> str:
    """A text as a raw literal over several lines where that gives it back, else its repr."""
    is_plain = code.isascii() and code.isprintable() is False and "\r" not in code
    raw = f"r'''{code}'''"
    fits = "'''" not in code and not code.endswith(("'", "\\"))
    return raw if is_plain and fits and "\0" not in code else repr(code)
