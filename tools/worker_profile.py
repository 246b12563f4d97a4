"""What a worker has loaded before its first job, by name. Light: the server hands this on."""

PRELOAD = (
    # First: it notes JAX's configuration, which nothing after it may change.
    "jax_workbench.tools.preload",
    # Without it each job that draws pays 0.5 s, and 0.2 s more to list the fonts. Early: a thread
    # runs meanwhile, and must be gone before the fork.
    "matplotlib.backends.backend_agg",
    "matplotlib.pyplot",
    "jax.export",
    "jax.numpy",
    "jax.scipy.optimize",
    # What the first jit would import on its way.
    "jaxlib.mlir.dialects.builtin",
    "jaxlib.mlir.dialects.mhlo",
    "jaxlib.mlir.dialects.stablehlo",
    "jaxlib.mlir.extras.meta",
    "flax.nnx",
    "optax",
    "orbax.checkpoint",
    "numpyro.infer",
    "diffrax",
    "optimistix",
    "scipy.integrate",
    "scipy.interpolate",
    "scipy.optimize",
    "scipy.signal",
    "scipy.stats",
    # What saving a PNG would import.
    "PIL.BmpImagePlugin",
    "PIL.GifImagePlugin",
    "PIL.JpegImagePlugin",
    "PIL.PngImagePlugin",
    "PIL.PpmImagePlugin",
    "jax_workbench.tools.entry",
    # A worker is used once: else each call would import its tool anew, for about 0.1 s.
    "jax_workbench.tools.benchmark_fn.as_called",
    "jax_workbench.tools.benchmark_fn.timer",
    "jax_workbench.tools.benchmark_fn.trace",
    "jax_workbench.tools.fit_curve.work",
    "jax_workbench.tools.lint_jax_code.confirm",
    "jax_workbench.tools.lint_jax_code.work",
    "jax_workbench.tools.run_jax_code.work",
    "jax_workbench.tools.run_mcmc.work",
    "jax_workbench.tools.train_tiny_model.attempt",
)
"""Modules that are imported once and shared by all workers: some 3.5 CPU-seconds and 320 MiB.

Not nlsq: its import sets variables of the environment that rule how JAX uses a GPU, and saves
only 0.1 s. Nothing here may start a JAX backend or a thread.
"""

ASSERT_FORKABLE = "jax_workbench.tools.preload:assert_forkable"
PREPARE = "jax_workbench.tools.preload:prepare"
SMOKE = "jax_workbench.tools.preload:smoke"
ENTRY = "jax_workbench.tools.entry:answer"

ENV = {
    "JAX_PLATFORMS": "cpu",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "MPLBACKEND": "Agg",
    "MPLCONFIGDIR": "/tmp",  # noqa: S108 - the job's own
    # NumPy and SciPy would start threads at import, and a process with threads must not fork.
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    # Else `import nlsq` makes every number of the process 64 bits wide and starts a compile cache.
    "NLSQ_DISABLE_X64": "1",
    "NLSQ_DISABLE_PERSISTENT_CACHE": "1",
}
"""Set before the interpreter starts."""
