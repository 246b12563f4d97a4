"""What to do about a failure that has one common cause here. Runs in the worker."""

import socket
from urllib.error import URLError

PRESENT = (
    "jax, flax (nnx), optax, orbax.checkpoint, numpyro, nlsq, diffrax, optimistix, lineax, "
    "equinox, scipy, numpy and matplotlib"
)

INSTEAD = {
    "jaxopt": "optimistix (least squares, root finding, minimisation) or optax.lbfgs",
    "haiku": "flax.nnx",
    "dm_haiku": "flax.nnx",
    "trax": "flax.nnx with optax",
    "objax": "flax.nnx with optax",
    "elegy": "flax.nnx with optax",
    "tensorflow_probability": "numpyro, whose numpyro.distributions has the distributions",
    "tfp": "numpyro, whose numpyro.distributions has the distributions",
    "distrax": "numpyro.distributions",
    "pymc": "numpyro",
    "pymc3": "numpyro",
    "blackjax": "numpyro.infer (NUTS, HMC, SVI)",
    "torch": "jax.numpy with flax.nnx and optax",
    "torchvision": "arrays made with numpy, or files given in `files`",
    "tensorflow": "jax.numpy with flax.nnx and optax",
    "keras": "flax.nnx with optax",
    "tensorflow_datasets": "arrays made with numpy, or files given in `files`",
    "datasets": "arrays made with numpy, or files given in `files`",
    "sklearn": "jax.numpy, optax or numpyro; scipy.stats for statistics",
    "pandas": "numpy.genfromtxt or the csv module",
    "xarray": "numpy",
    "seaborn": "matplotlib",
    "plotly": "matplotlib",
    "lmfit": "nlsq.curve_fit or optimistix.least_squares",
    "cvxpy": "optimistix or scipy.optimize",
    "torchdiffeq": "diffrax",
    "jaxlie": "jax.numpy and scipy.spatial.transform",
    "jraph": "jax.ops.segment_sum and flax.nnx",
    "rlax": "jax.numpy and optax",
    "chex": "dataclasses with jax.tree_util.register_dataclass, and numpy.testing",
    "einops": "jax.numpy.einsum, reshape and transpose",
    "numba": "jax.jit",
    "cupy": "jax.numpy",
    "autograd": "jax.grad",
    "arviz": "numpyro.diagnostics",
}
"""A library that is not here, and what is."""

FORBIDDEN = (
    "The sandbox forbids it: jobs start no processes, reach no network and write only below"
    " their working directory."
)
NO_NETWORK = "Jobs have no network: make the data in the code, or give them in `files`."

BY_TYPE: tuple[tuple[type[BaseException], str], ...] = (
    (PermissionError, FORBIDDEN),
    (FileNotFoundError, "Files given in `files` are under inputs/ by base name; check the path."),
    (EOFError, "Nobody can type here: put the value into the code instead of input()."),
    (ConnectionError, NO_NETWORK),
    (socket.gaierror, NO_NETWORK),
    (URLError, NO_NETWORK),
)
"""What to do about an error that has one likely cause here."""


def hint_for(error: BaseException) -> str:
    """Next step where the type of `error` tells it; empty where it does not."""
    if type(error) is SyntaxError:
        return syntax_hint(error)
    if type(error) is ModuleNotFoundError:
        return missing_module(error)
    return next((hint for kind, hint in BY_TYPE if issubclass(type(error), kind)), "")


def missing_module(error: ModuleNotFoundError) -> str:
    """Say what to use instead of the module that is not there."""
    slot: object = vars(ImportError)["name"].__get__(error)
    missing = slot.partition(".")[0] if type(slot) is str else ""
    if missing in INSTEAD:
        return f"Use {INSTEAD[missing]} instead of {missing}; nothing can be installed here."
    return f"Nothing can be installed here; present are {PRESENT}."


def syntax_hint(error: SyntaxError) -> str:
    """Next step for what works in a notebook and not here."""
    if "outside" in error.msg and ("await" in error.msg or "async" in error.msg):
        return "Put it into `async def main(): ...` and end with `asyncio.run(main())`."
    if (error.text or "").lstrip().startswith(("%", "!")):
        return "Notebook commands are not Python: leave the line out; benchmark_fn does timing."
    return ""
