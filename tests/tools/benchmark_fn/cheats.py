"""Programs that look faster than they are, by the reason for which each is refused."""

HEAD = "import jax, jax.numpy as jnp, numpy as np\n"
HONEST = HEAD + "def fn(x):\n    return jnp.tanh(x @ x)\n"
SLOWER = (
    HEAD
    + """
def work(x):
    # Three products where one would do: the same result, and no compiler sees it.
    y = x @ x
    return jnp.tanh(jnp.where((y @ y @ x)[0, 0] == 1.5, 0.0, y))
"""
)
"""What the cheats below really compute, to be found slower than the honest product."""

UNCHEATED = SLOWER + "fn = work\n"

TIMED_HONESTLY = {
    "patched_timers": """
import time
for name in ("time", "perf_counter", "monotonic", "process_time"):
    setattr(time, name, lambda: 0.0)
    setattr(time, name + "_ns", lambda: 0)
fn = work
""",
    "patched_sync": """
from jax._src import array
jax.block_until_ready = lambda tree: tree
array.ArrayImpl.block_until_ready = lambda self: self
fn = work
""",
    "memoised": """
seen = {}
def fn(x):
    if x.shape not in seen:
        seen[x.shape] = jax.jit(work)
        jax.block_until_ready(seen[x.shape](jnp.ones(x.shape)))
    return seen[x.shape](x)
""",
    "counts_calls": """
calls = 0
def fn(x):
    global calls
    calls += 1
    return work(x) if calls < 5 else jnp.zeros_like(x)
""",
    "lowers_everybodys_precision": """
jax.config.update("jax_default_matmul_precision", "bfloat16")
fn = lambda x: jax.default_matmul_precision("float32")(work)(x)
""",
    "slows_others_down": """
import threading
def spin():
    while True:
        pass
threading.Thread(target=spin, daemon=True).start()
fn = work
""",
}

REJECTED = {
    "lazy": (
        "user_code_failed",
        """
class Later:
    def __init__(self, x):
        self.x = x
        self.shape, self.dtype = x.shape, x.dtype
    def __jax_array__(self):
        return jnp.tanh(self.x @ self.x)
    __array__ = __jax_array__
def fn(x):
    return Later(x)
""",
    ),
    "works_after_return": (
        "outputs_differ",
        """
import threading
def fn(x):
    threading.Thread(target=lambda: jnp.tanh(x @ x)).start()
    return x * 0.0
""",
    ),
    "lower_precision": (
        "precision_downgrade",
        """
def fn(x):
    low = x.astype(jnp.bfloat16)
    return jnp.tanh((low @ low).astype(jnp.float32))
""",
    ),
    "hidden_lower_precision": (
        "precision_downgrade",
        """
def fn(x):
    return jnp.tanh(jax.lax.dot(x, x, precision=jax.lax.DotAlgorithmPreset.BF16_BF16_F32))
""",
    ),
    "ignores_its_input": (
        "inputs_unused",
        """
guess = np.random.default_rng(0).standard_normal((256, 256)).astype(np.float32)
answer = np.tanh(guess @ guess)[0]
def fn(x):
    return jnp.broadcast_to(answer, x.shape)
""",
    ),
    "baked_in": (
        "constants_baked_in",
        """
table = np.random.default_rng(0).standard_normal((5, 256, 256)).astype(np.float32)
def fn(x):
    near = jnp.argmin(jnp.abs(x[0, 0] - table[:, 0, 0]))
    return jnp.asarray(table)[near] + 0 * x
""",
    ),
    "right_for_half_of_the_inputs": (
        "outputs_differ",
        """
def fn(x):
    return jax.lax.cond(x[0, 0] > x[0, 1], lambda: jnp.tanh(x @ x), lambda: x)
""",
    ),
}

REJECTED_TOO = {
    "other_dtype": ("signature_differs", "def fn(x):\n    return jnp.tanh(x @ x) > 0\n"),
    "other_shape": ("signature_differs", "def fn(x):\n    return jnp.tanh(x @ x[:, :1])\n"),
    "fewer_outputs": ("signature_differs", "def fn(x):\n    return []\n"),
    "nan_as_wildcard": ("outputs_differ", "def fn(x):\n    return x * jnp.nan\n"),
    "part_of_the_work": (
        "outputs_differ",
        "def fn(x):\n    return jnp.zeros_like(x).at[:128].set(jnp.tanh(x[:128] @ x))\n",
    ),
}

LYING = {
    "ends_its_process": ("worker_died", "import os\nos._exit(0)\n"),
    "garbage": (
        "unreadable",
        """
from jax_workbench.tools.benchmark_fn import trace
trace.lower = lambda *arguments: b"no program at all"
def fn(x):
    return x
""",
    ),
    "another_program": (
        "outputs_differ",
        """
from jax_workbench.tools.benchmark_fn import trace
honest = trace.lower
trace.lower = lambda jitted, specs, name: honest(jax.jit(lambda x: [x + 1]), specs, name)
def fn(x):
    return jnp.tanh(x @ x)
""",
    ),
    "forged_names": (
        "unreadable",
        """
from jax_workbench.tools.benchmark_fn import trace
honest = trace.export_program
def forged(*arguments):
    program, traced = honest(*arguments)
    return program, traced.model_copy(update={"out_paths": ("result", "result")})
trace.export_program = forged
def fn(x):
    return jnp.tanh(x @ x)
""",
    ),
}
