"""The check of what can't leave its process: callbacks, and Python that depends on values.

Runs in the tracer's worker, beside user Python, and says so in the answer.
"""

from typing import Any

import jax
import numpy as np

from jax_workbench.tools.check_gradients import judge
from jax_workbench.tools.check_gradients.messages import JudgeAsk, Refused, TraceAsk, Traced
from jax_workbench.tools.check_gradients.precision import Setting, said_by
from jax_workbench.tools.common.guarded_text import shorten
from jax_workbench.tools.contract import Job

PROGRAM_OF = {"rev": "vjp", "fwd": "jvp", "order2": "hvp"}


def check_here(setting: Setting, ask: TraceAsk, traced: Traced, why: str, job: Job) -> Traced:
    """Judge in this process, which has run user Python."""
    d = setting.derivatives
    programs: dict[str, Any] = {"primal": d.primal, "vjp": d.vjp, "jvp": d.jvp, "hvp": d.hvp}
    refused = refusals(setting, ask, programs)
    kept = {"primal", *(PROGRAM_OF[mode] for mode in PROGRAM_OF if not getattr(refused, mode))}
    programs = {name: fn for name, fn in programs.items() if name in kept}
    if setting.jaxpr is not None:
        programs = {name: jax.jit(fn) for name, fn in programs.items()}
    to_judge = JudgeAsk(
        leaves=traced.leaves,
        coarsest=traced.coarsest.dtype if traced.coarsest else "",
        is_native=traced.is_native,
        looseness=traced.looseness,
        refused=refused,
        modes=ask.modes,
        order=ask.order,
        suspects=(),
        seed=ask.seed,
        deadline_s=ask.judge_s,
    )
    x, held = ([np.asarray(v) for v in values] for values in (setting.x, setting.held))
    judgement = judge.judge_here(to_judge, programs, x, held, job)
    return traced.model_copy(
        update={"judgement": judgement, "refused": refused, "in_process": shorten(why, 400)}
    )


def refusals(setting: Setting, ask: TraceAsk, programs: dict[str, Any]) -> Refused:
    """Try each mode once; JAX's words where it refuses."""
    at = [*setting.x, *setting.held]
    w = [np.ones(output.shape, output.dtype) for output in setting.outputs]
    arguments = {"rev": [*at, *w], "fwd": [*at, *setting.x], "order2": [*at, *w, *setting.x]}
    refused: dict[str, str] = {}
    for mode, values in arguments.items():
        if mode == "order2" and ask.order == 1:
            continue
        fn = programs[PROGRAM_OF[mode]]
        try:
            # Where values decide what Python does, only a real call tells. A rule for the other
            # mode is refused when it is lowered, not when it is traced.
            fn(*values) if setting.jaxpr is None else jax.jit(fn).lower(*values)
        except Exception as error:  # noqa: BLE001 - JAX's refusal of a mode is an answer
            refused[mode] = said_by(error)
    return Refused(**refused)
