"""What to do about a finding or a verdict. Runs in the server; imports no JAX."""

from jax_workbench.tools.check_gradients import Finding, Verdict
from jax_workbench.tools.check_gradients.messages import Judgement, Traced
from jax_workbench.tools.contract import Next

GUARD = "Guard its input, not only its output: f(jnp.where(ok, x, safe)) inside the jnp.where."
DECOMPOSED = frozenset(("eigh", "svd", "qr", "cholesky", "eig"))
CAUSES: tuple[tuple[frozenset[str], str], ...] = (
    (
        frozenset(("sqrt", "rsqrt", "cbrt", "pow", "integer_pow")),
        f"has an infinite slope at 0. {GUARD} Or add a small constant inside.",
    ),
    (
        frozenset(("log", "log1p", "div", "lgamma", "digamma")),
        f"has an infinite slope at 0, and times 0 that is NaN. {GUARD}",
    ),
    (
        frozenset(("acos", "asin", "atanh", "acosh", "erf_inv", "atan2")),
        f"has an infinite slope at the edge of its domain. {GUARD}",
    ),
    (
        DECOMPOSED,
        "has no derivative where eigenvalues, or singular values, are equal or 0.",
    ),
    (
        frozenset(("exp", "exp2")),
        "overflows: subtract the maximum first, or use logsumexp, softplus or expm1.",
    ),
)
"""Primitives, and why their derivative is not finite."""


def remedy(finding: Finding) -> str:
    """Why a gradient is not finite there, and what helps; empty for other findings."""
    name = finding.primitive or ""
    if finding.kind not in {"nan", "inf"} or finding.hint:
        return finding.hint
    if name in DECOMPOSED and finding.phase == "forward":
        return (
            f"{name} itself fails on this matrix; is it finite, and positive definite if need be?"
        )
    for names, words in CAUSES:
        if name in names:
            return f"{name} {words}"
    return GUARD if finding.phase == "backward" else ""


def next_calls(
    judgement: Judgement, findings: tuple[Finding, ...], traced: Traced
) -> tuple[Next, ...]:
    """What would help now."""
    line = next((f.line for f in findings if f.line), None)
    where = f" around line {line}" if line else ""
    rule = next((f.rule for f in findings if f.rule), None)
    of = f" of {rule}" if rule else where
    again: dict[Verdict, str] = {
        "fail": f"Mend the derivative{of}, then check again with the same arguments.",
        "fail_second_order": f"Mend the rule{of}, then check again with order 2.",
        "kink": "Move the arguments a little off the kink, and check there.",
        "discontinuous": "Move the arguments a little off the jump, and check there.",
        "nondeterministic": "Pass random numbers, or a PRNG key, in as an argument; then check.",
        "surrogate": "If it is meant, nothing; else check the function without the rule.",
        "inconclusive": "Repeat with a longer time_budget_s or smaller arguments.",
    }
    words = again.get(judgement.status, "")
    if judgement.status in {"nan", "inf", "zero_gradient"}:
        return (
            Next(
                tool="run_jax_code",
                why=f"Print the intermediate values{where} at these arguments.",
            ),
        )
    if judgement.status == "unsupported":
        words = unsupported_words(traced)
    if judgement.status == "inconclusive" and judgement.directions:
        uncertain = sum(d.outcome == "uncertain" for d in judgement.directions)
        if 2 * uncertain >= len(judgement.directions):
            words = (
                "Scale the arguments, or tighten the solver inside: differences are too noisy here."
            )
    return (Next(tool="check_gradients", why=words),) if words else ()


def unsupported_words(traced: Traced) -> str:
    """What to change where JAX refuses."""
    if traced.unsupported:
        return "Give floating-point arguments, and return a floating-point value."
    if "while" in traced.refused.rev and not traced.refused.fwd:
        return 'Use lax.scan or static bounds for reverse mode, or check modes ["fwd"] alone.'
    if traced.refused.rev and not traced.refused.fwd:
        return 'Check modes ["fwd"] alone.'
    return "Replace the operation that the summary names."
