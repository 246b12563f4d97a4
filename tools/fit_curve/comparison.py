"""Akaike weights of the models of one call. Runs in the worker."""

from collections.abc import Sequence

import numpy as np

from jax_workbench.tools.fit_curve import Compared


def compared(models: Sequence[str], aicc: Sequence[float | None]) -> tuple[Compared, ...]:
    """Each model's AICc and its weight among those that have one, the best first.

    Source:
        Burnham and Anderson, Model Selection and Multimodel Inference (2002), section 2.9.
    """
    known = [value for value in aicc if value is not None]
    if not known:
        return tuple(Compared(model=model, aicc=None, weight=None) for model in models)
    best = min(known)
    total = sum(np.exp(-(value - best) / 2) for value in known)
    entries = [
        Compared(
            model=model[:300],
            aicc=value,
            weight=None if value is None else float(np.exp(-(value - best) / 2) / total),
        )
        for model, value in zip(models, aicc, strict=True)
    ]
    return tuple(sorted(entries, key=lambda e: np.inf if e.aicc is None else e.aicc))
