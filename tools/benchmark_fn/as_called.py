"""Times functions the way Python calls them, in one process with their code. Runs in a worker.

The clocks and the way to wait are taken before any of that code is read; still, code in the same
process can reach them. Whoever reads the times is told, and compares them with the program's.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jax_workbench.tools.benchmark_fn.equality import expect
from jax_workbench.tools.benchmark_fn.input_sets import drawn_sets
from jax_workbench.tools.benchmark_fn.line_up import Entrant, LineUp, baseline_error
from jax_workbench.tools.benchmark_fn.make_inputs import call_make_inputs
from jax_workbench.tools.benchmark_fn.measurement import Measurement
from jax_workbench.tools.benchmark_fn.messages import (
    N_ROTATING,
    SAMPLES,
    AsCalledAsk,
    Refusal,
    TimedVariant,
    TimerReport,
    TimerVariant,
    TraceAsk,
)
from jax_workbench.tools.benchmark_fn.prepare import Compiled, Refused, first_call
from jax_workbench.tools.benchmark_fn.report import rechecked, times
from jax_workbench.tools.benchmark_fn.rounds import affinity
from jax_workbench.tools.benchmark_fn.samples import samples
from jax_workbench.tools.benchmark_fn.trace import (
    find_function,
    flatten,
    lay_out_files,
    value_and_gradient,
)
from jax_workbench.tools.common.user_code import as_tool_error
from jax_workbench.tools.contract import Job
from jax_workbench.tools.errors import ToolError

TREES: Any = jax.tree_util
"""Partly untyped."""

type Call = Callable[..., list[Any]]


def run(argument: dict[str, Any], job: Job) -> dict[str, Any]:
    """Time every variant as it is called; see AsCalledAsk and TimerReport.

    Raises:
        ToolError: The baseline failed, or `make_inputs` did.
    """
    ask = AsCalledAsk.model_validate(argument)
    lay_out_files(job)
    line_up = AsCalled(ask.timer, {}, job, variants=ask.variants)
    line_up.draw()
    line_up.bring_in()
    measurement = Measurement(line_up)
    measurement.run()
    if ask.timer.keep_samples:
        job.save(SAMPLES, samples(measurement.rounds, measurement.names), "application/json")
    blocks = measurement.rounds.blocks
    ratios = [block.cpu_ns / block.wall_ns for block in blocks if block.wall_ns]
    return TimerReport(
        variants=tuple(timed(line_up, measurement, i) for i in range(len(line_up.entrants))),
        pairs=measurement.pairs,
        checks=(*line_up.checks, *rechecked(measurement)),
        measured_s=measurement.measured_s,
        is_decided=measurement.is_decided,
        cpu_per_wall=float(np.median(ratios)) if ratios else None,
        n_sets=len(line_up.input_sets),
        platform=jax.default_backend(),
        n_cores=affinity(),
        xla_flags=os.environ.get("XLA_FLAGS", ""),
        n_rounds=measurement.rounds.n_rounds,
    ).model_dump()


def timed(line_up: LineUp, measurement: Measurement, index: int) -> TimedVariant:
    """One variant, with its times where it was timed."""
    entrant = line_up.entrants[index]
    found = TimedVariant(
        name=entrant.name, refused=entrant.refused, first_call_s=entrant.first_call_s
    )
    if entrant.refused is None and entrant in measurement.entrants and measurement.rounds.n_rounds:
        found = found.model_copy(update=times(measurement, measurement.entrants.index(entrant)))
    return found


@dataclass
class AsCalled(LineUp):
    """A line-up of Python functions instead of programs."""

    variants: Sequence[TraceAsk] = ()
    tree: Any = field(default=None)
    """Structure of one set of arguments."""

    def draw(self) -> None:
        """Make the input sets, as flat lists of arrays on the device."""
        first = self.variants[0]
        if first.make_inputs:
            seeds = [int(self.ask.secret, 16) % 2**31 + i for i in range(N_ROTATING + 1)]
            made = call_make_inputs(first.make_inputs, seeds, first.sizes)
            self.tree = TREES.tree_structure(made[0])
            self.sets = [[jnp.asarray(leaf) for leaf in TREES.tree_leaves(one)] for one in made]
            return
        self.sets = drawn_sets(first.draws, self.ask.secret)
        self.tree = TREES.tree_structure(tuple(self.sets[0]))

    def bring_in(self) -> None:
        """Read, run and compare every variant.

        Raises:
            ToolError: The baseline failed.
        """
        self.entrants = [self.entrant(variant) for variant in self.ask.variants]
        for i, (entrant, variant) in enumerate(zip(self.entrants, self.variants, strict=True)):
            self.job.progress(f"{entrant.name}: first calls")
            try:
                entrant.compiled = as_if_compiled(self.python_call(variant))
                self.enter(entrant, is_base=i == 0)
            except ToolError as error:
                if i == 0:
                    raise
                text = f"{error.cause} {error.next_step}"
                entrant.refused = Refusal(reason=error.code, text=text)
            except Refused as refused:
                entrant.refused = refused.refusal
                if i == 0:
                    raise baseline_error(entrant) from None

    def entrant(self, variant: TimerVariant) -> Entrant:
        """A variant that is yet to be read."""
        return Entrant(variant.name)

    def set_standard(self, entrant: Entrant, outputs: list[Any]) -> None:
        """Run the baseline on every input set; its outputs are what is right."""
        assert entrant.compiled  # noqa: S101 - made just before
        call = entrant.compiled.call
        # A sum may run over any axis of an input.
        longest = max((n for value in self.sets[0] for n in value.shape), default=1)
        *self.input_sets, check_set = self.sets
        self.expected = [
            expect(
                call,
                arguments,
                outputs if i == 0 else first_call(call, arguments)[0],
                longest,
                self.ask.rtol,
            )
            for i, arguments in enumerate([*self.input_sets, check_set])
        ]

    def check_outputs(self, entrant: Entrant, outputs: list[Any]) -> None:
        """Compare a candidate with the baseline on every input set.

        Raises:
            Refused: `signature_differs` or `outputs_differ`.
        """
        assert entrant.compiled  # noqa: S101 - made just before
        for i, expected in enumerate(self.expected):
            found = outputs if i == 0 else first_call(entrant.compiled.call, expected.arguments)[0]
            ours, theirs = kinds(found), kinds(expected.outputs)
            if ours != theirs:
                text = f"It returns {', '.join(ours[:6])}; the baseline {', '.join(theirs[:6])}."
                raise Refused(Refusal(reason="signature_differs", text=text))
            difference = expected.compare(found)
            if not difference.is_equal:
                text = self.differs(
                    f"output {difference.leaf}",
                    difference.largest,
                    expected.tolerances[difference.leaf],
                    i,
                )
                self.note("outputs_equal", f"{entrant.name}: {text}", ok=False)
                raise Refused(Refusal(reason="outputs_differ", text=text))
        text = f"{entrant.name}: equal on {len(self.expected)} input sets."
        self.note("outputs_equal", text, ok=True)

    def python_call(self, variant: TraceAsk) -> Call:
        """The function as a call with flat arguments, whose results end on the host."""
        fn = find_function(variant)
        tree = self.tree
        if variant.backward:
            fn = value_and_gradient(fn, self.sets[0], tree, variant.name)
        unflatten, leaves_of, to_host = TREES.tree_unflatten, TREES.tree_leaves, np.asarray

        def call(*flat: Any) -> list[Any]:
            # Copied to the host: waiting alone could be patched away.
            return [to_host(leaf) for leaf in leaves_of(fn(*unflatten(tree, flat)))]

        try:
            flatten(fn(*unflatten(tree, self.sets[0])), "result")
        except ToolError:
            raise
        except BaseException as error:  # noqa: BLE001 - whatever the user's code raises is its answer
            raise as_tool_error(error, (f"<{variant.name}>",)) from None
        return call


def as_if_compiled(call: Call) -> Compiled:
    """A call of which nothing is known beforehand."""
    return Compiled(
        call=call, compile_s=0.0, temp_bytes=0, output_bytes=0, xla_flops=None, xla_bytes=None
    )


def kinds(outputs: Sequence[Any]) -> list[str]:
    """Dtype and shape of each output."""
    return [f"{value.dtype}{list(value.shape)}" for value in outputs]
