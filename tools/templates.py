"""Calls whose compiled programs every client's first call may find: see `jax-workbench setup`.

Data of our own and the tools' defaults, because a program is found by its shapes. Light: the server
reads it.
"""

from typing import Any

_X = [0.5 * i for i in range(14)]
_DECAY = [3.0, 2.4, 1.9, 1.6, 1.2, 1.0, 0.8, 0.6, 0.5, 0.4, 0.3, 0.3, 0.2, 0.2]

TEMPLATES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("train_tiny_model", {"model": "mlp", "dataset": "digits", "timeout_s": 300}),
    ("train_tiny_model", {"model": "cnn", "dataset": "digits", "timeout_s": 300}),
    ("train_tiny_model", {"model": "autoencoder", "timeout_s": 300}),
    ("fit_curve", {"model": "a * exp(-b * x) + c", "x": _X, "y": _DECAY, "timeout_s": 300}),
    (
        "run_mcmc",
        {"model": "linear_regression", "data": {"x": _X, "y": _DECAY}, "timeout_s": 300},
    ),
)
"""Names of tools that reuse compiled programs, and their arguments. Not the preset transformer_lm:
its step's program holds the number of steps, and the rest saves 3 of 26 CPU seconds for 21."""
