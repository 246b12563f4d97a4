"""One case through the tool and through `jax.test_util.check_grads`."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, cast

import jax
from jax import test_util

from jax_workbench.tools.check_gradients import CheckGradientsAnswer, CheckGradientsAsk
from jax_workbench.tools.check_gradients.leaves import flatten_arguments, native_values
from jax_workbench.tools.check_gradients.messages import TraceAsk
from jax_workbench.tools.check_gradients.programs import Derivatives
from jax_workbench.tools.check_gradients.user_call import load_call
from tests.records.check_gradients.cases import Case
from tests.records.check_gradients.every_case import CASES
from tests.records.check_gradients.in_one_process import check

BUDGET_S = 120
check_grads = cast("Callable[..., None]", test_util.check_grads)  # pyright: ignore[reportUnknownMemberType]


@dataclass(frozen=True)
class Row:
    """What was said of one case in one precision; None where the case asks for nothing."""

    name: str
    x64: bool
    seed: int
    expected: str
    status: str
    leaf: bool | None
    element: bool | None
    rule: bool | None
    primitive: bool | None
    line: bool | None
    resolution: float | None
    evaluations: int
    seconds: float
    check_grads: str
    """pass, fail, or why it gave no verdict."""
    check_grads_seconds: float

    def named(self) -> tuple[bool | None, ...]:
        """Whether each fact was named."""
        return self.leaf, self.element, self.rule, self.primitive, self.line

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def measure_number(task: tuple[int, bool, int]) -> Row:
    """Measure a case of the list in this process: (number, x64, seed)."""
    number, x64, seed = task
    row = measure(CASES[number], seed, x64=x64, with_reference=seed == 0)
    mark = " " if row.status == row.expected and False not in row.named() else "!"
    print(f"{mark} {row.seconds:7.2f} s {row.status:18} {row.name}", flush=True)  # noqa: T201
    return row


def measure(
    case: Case,
    seed: int,
    *,
    x64: bool,
    judge: Callable[[CheckGradientsAsk], Any] = check,
    with_reference: bool = True,
) -> Row:
    """Run one case."""
    ask = CheckGradientsAsk(
        code=case.code,
        order=2 if case.order > 1 else 1,
        x64=x64,
        seed=seed,
        time_budget_s=BUDGET_S,
        timeout_s=2 * BUDGET_S,
    )
    started = time.monotonic()
    answer = judge(ask)
    seconds = time.monotonic() - started
    started = time.monotonic()
    reference = by_check_grads(case, x64=x64) if with_reference else "not run"
    reference_s = time.monotonic() - started
    jax.clear_caches()
    return row_of(case, ask, answer, (seconds, reference_s), reference)


def row_of(
    case: Case,
    ask: CheckGradientsAsk,
    answer: CheckGradientsAnswer,
    seconds: tuple[float, float],
    reference: str,
) -> Row:
    """Compare what was said with what is true."""
    assert answer.result is not None
    found = answer.result.findings
    return Row(
        name=case.name,
        x64=ask.x64,
        seed=ask.seed,
        expected=case.kind,
        status=answer.status,
        leaf=case.leaf in {f.leaf for f in found} if case.leaf else None,
        element=None if case.index is None else case.index in {f.index for f in found},
        rule=case.rule in {f.rule for f in found} if case.rule else None,
        primitive=bool(case.primitives & {f.primitive for f in found if f.primitive})
        if case.primitives
        else None,
        line=None if case.line is None else case.line in {f.line for f in found},
        resolution=answer.result.resolution,
        evaluations=answer.result.cost.evaluations,
        seconds=round(seconds[0], 2),
        check_grads=reference,
        check_grads_seconds=round(seconds[1], 2),
    )


def by_check_grads(case: Case, *, x64: bool) -> str:
    """What `jax.test_util.check_grads` says at its defaults; reverse only where forward is refused.

    Order 1, but 2 for faults of second order, so that both see the same.
    """
    with jax.enable_x64(x64):
        try:
            fn, arguments = load_call(trace_ask(case, x64=x64))
            flat = flatten_arguments(arguments, ())
            derivatives = Derivatives(fn, flat, len(flat.moving), len(flat.passed))
            x = native_values(flat, flat.moving)
            held = native_values(flat, flat.passed)
        except Exception as error:  # noqa: BLE001 - the record says so
            return type(error).__name__
        if not x:
            return "no floating-point input"
        return verdict(lambda *at: derivatives.outputs(at, held), x, case.order)


def verdict(fn: Callable[..., Any], x: list[Any], order: int) -> str:
    """Pass, fail, or the exception's type."""
    said = ""
    for modes in (("fwd", "rev"), ("rev",)):
        try:
            check_grads(fn, tuple(x), order=order, modes=modes)
        except AssertionError:
            return "fail"
        except Exception as error:  # noqa: BLE001 - such as jvp of a custom_vjp
            said = type(error).__name__
        else:
            return "pass"
    return said


def trace_ask(case: Case, *, x64: bool) -> TraceAsk:
    """What loads a case's module."""
    return TraceAsk(
        code=case.code,
        fn="fn",
        make_args="make_args",
        inputs=(),
        argnums=(),
        order=1,
        modes=("rev",),
        seed=0,
        x64=x64,
        audit_s=0,
        judge_s=0,
    )
