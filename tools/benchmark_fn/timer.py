"""Times exported programs against each other. Runs in a worker that never sees user Python."""

from typing import Any

import jax
import numpy as np

from jax_workbench.tools.benchmark_fn.line_up import LineUp, Spoilt
from jax_workbench.tools.benchmark_fn.machine import check_same
from jax_workbench.tools.benchmark_fn.measurement import Measurement
from jax_workbench.tools.benchmark_fn.messages import SAMPLES, TimerAsk, TimerReport
from jax_workbench.tools.benchmark_fn.prepare import floor_kernel
from jax_workbench.tools.benchmark_fn.report import report
from jax_workbench.tools.benchmark_fn.roofline import Roofline
from jax_workbench.tools.benchmark_fn.rounds import calls_per_block, timed_block
from jax_workbench.tools.benchmark_fn.samples import samples
from jax_workbench.tools.contract import Job

N_FLOOR_BLOCKS = 15


def run(argument: dict[str, Any], job: Job) -> dict[str, Any]:
    """Time what the tracers exported; see TimerAsk and TimerReport.

    Raises:
        ToolError: There is no answer without the baseline, the inputs don't fit it, or it was
            stored by other versions or on another device.
    """
    # Without, wide programs would be refused; narrow ones stay as they were traced.
    jax.config.update("jax_enable_x64", True)
    # A cached program would make compile_s a fiction.
    jax.config.update("jax_enable_compilation_cache", False)
    ask = TimerAsk.model_validate(argument)
    if ask.stored_on:
        check_same(ask.stored_on)
    line_up = LineUp(ask, job.blobs, job)
    try:
        line_up.read()
        line_up.draw()
        # Before the variants compile: the first compilation of a process is slower than the rest.
        floor_us = dispatch_floor_us(line_up)
        line_up.bring_in()
    except Spoilt as spoilt:
        return TimerReport(stuck=spoilt.stuck).model_dump()
    measurement = Measurement(line_up)
    roofline = Roofline(line_up, measurement.rounds, floor_us)
    measurement.between = roofline.measure
    measurement.run()
    if ask.keep_samples:
        job.save(SAMPLES, samples(measurement.rounds, measurement.names), "application/json")
    found = report(line_up, measurement, floor_us)
    return found.model_copy(update={"peaks": roofline.peaks()}).model_dump()


def dispatch_floor_us(line_up: LineUp) -> float:
    """Microseconds of one call that computes nothing, with the baseline's leaves in and out."""
    loaded = line_up.entrants[0].loaded
    assert loaded  # noqa: S101 - checked in `read`
    kernel, arguments = floor_kernel(loaded), line_up.sets[0]
    n = calls_per_block(kernel, [arguments])
    blocks = [timed_block(kernel, arguments, n, n) for _ in range(N_FLOOR_BLOCKS)]
    return float(np.median([wall for _, wall, _, _ in blocks])) / n / 1e3
