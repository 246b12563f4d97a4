# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false
# ruff: noqa: E501, T201, ISC004
"""Flops of closed-form cases: benchmark_fn's count and XLA's own, each over the exact number.

    python -m tests.records.benchmark_flops

Writes `benchmark_flops.md` beside this file. Exact means the formula that stands in the table; for
LAPACK it is the leading term of Golub and Van Loan, Matrix Computations, 4th ed. (2013).
"""

import platform
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
from jax import export, lax

from jax_workbench.tools.benchmark_fn.inspect_program import inspect
from tests.records.record_file import table

N = 256
P = 2 * N**3
"""Flops of one product."""
X = jax.ShapeDtypeStruct((N, N), jnp.float32)
X64 = jax.ShapeDtypeStruct((64, 64), jnp.float32)
BATCH = jax.ShapeDtypeStruct((8, 64, 64), jnp.float32)
COMPLEX = jax.ShapeDtypeStruct((N, N), jnp.complex64)
IMAGE = jax.ShapeDtypeStruct((4, 16, 32, 32), jnp.float32)
KERNEL = jax.ShapeDtypeStruct((24, 16, 3, 3), jnp.float32)
GROUPED = jax.ShapeDtypeStruct((24, 4, 3, 3), jnp.float32)
TALL = jax.ShapeDtypeStruct((512, 128), jnp.float32)
CONV = 2 * 4 * 24 * 16 * 9
"""Flops of a convolution for one position of its result."""

type Case = tuple[str, str, float, Callable[..., Any], tuple[Any, ...]]


def conv(padding: str, strides: int = 1, groups: int = 1) -> Callable[[Any, Any], Any]:
    """A convolution of IMAGE."""
    return lambda x, k: lax.conv_general_dilated(
        x, k, (strides, strides), padding, feature_group_count=groups
    )


def by_both(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Gradient of the sum of squares by both arguments: needs the values as well."""
    return jax.grad(lambda *arguments: (fn(*arguments) ** 2).sum(), (0, 1))


def mlp(weights: Any, x: Any) -> Any:
    """Three square layers."""
    for _ in range(3):
        x = jnp.tanh(x @ weights)
    return x.sum()


def through_scan(w: Any, x: Any) -> Any:
    """Twenty products, one after another."""
    return lax.scan(lambda c, _: (jnp.tanh(c @ w), None), x, None, 20)[0].sum()


def nested(x: Any) -> Any:
    """Twenty times five products."""
    inner = lambda c, _: (lax.scan(lambda d, _: (d @ d, None), c, None, 5)[0], None)  # noqa: E731
    return lax.scan(inner, x, None, 20)[0]


def counted(test: Any, turn: Any, start: int) -> Callable[[Any], Any]:
    """A while loop of products whose counter follows its own rule."""
    return lambda x: lax.while_loop(
        lambda c: test(c[0]), lambda c: (turn(c[0]), c[1] @ c[1]), (start, x)
    )[1]


def product_cases() -> list[Case]:
    """Products and convolutions."""
    return [
        ("matmul", "2 n^3", P, lambda x: x @ x, (X,)),
        ("batched matmul", "8 x 2 n^3", 8 * 2 * 64**3, lambda x: x @ x, (BATCH,)),
        ("complex matmul", "8 n^3", 4 * P, lambda x: x @ x, (COMPLEX,)),
        ("einsum ij,kj->ik", "2 n^3", P, lambda x: jnp.einsum("ij,kj->ik", x, x), (X,)),
        ("conv SAME", "2 N Ho Wo Co Ci 9", CONV * 32**2, conv("SAME"), (IMAGE, KERNEL)),
        ("conv VALID", "2 N Ho Wo Co Ci 9", CONV * 30**2, conv("VALID"), (IMAGE, KERNEL)),
        ("conv, stride 2", "2 N Ho Wo Co Ci 9", CONV * 16**2, conv("SAME", 2), (IMAGE, KERNEL)),
        ("conv, 4 groups", "a fourth", CONV * 32**2 / 4, conv("SAME", 1, 4), (IMAGE, GROUPED)),
        (
            "gradient of conv VALID",
            "3 convs",
            3 * CONV * 30**2,
            by_both(conv("VALID")),
            (IMAGE, KERNEL),
        ),
        (
            "gradient of conv, stride 2",
            "3 convs",
            3 * CONV * 16**2,
            by_both(conv("SAME", 2)),
            (IMAGE, KERNEL),
        ),
        (
            "gradient of conv, 4 groups",
            "3 convs",
            3 * CONV * 32**2 / 4,
            by_both(conv("SAME", 1, 4)),
            (IMAGE, GROUPED),
        ),
        ("gradient of an MLP", "3 layers: 3 + 5 products", 8 * P, jax.grad(mlp), (X, X)),
    ]


def loop_cases() -> list[Case]:
    """Loops."""
    power = lambda _, c: c @ c  # noqa: E731
    return [
        ("fori_loop x 100", "100 x 2 n^3", 100 * P, lambda x: lax.fori_loop(0, 100, power, x), (X,)),
        ("scan 20 x scan 5", "100 x 2 n^3", 100 * P, nested, (X,)),
        ("lax.map over rows", "2 n^3", P, lambda x: lax.map(lambda row: row @ x, x), (X,)),
        (
            "gradient through scan 20",
            "60 x 2 n^3",
            60 * P,
            jax.grad(through_scan),
            (X, X),
        ),
        (
            "gradient through scan 20, rematerialised",
            "60 x 2 n^3 (no value asked)",
            60 * P,
            jax.grad(jax.checkpoint(through_scan)),
            (X, X),
        ),
        ("while i <= 10, i += 2", "6 x 2 n^3", 6 * P, counted(lambda i: i <= 10, lambda i: i + 2, 0), (X,)),
        ("while i > 0, i -= 1", "9 x 2 n^3", 9 * P, counted(lambda i: i > 0, lambda i: i - 1, 9), (X,)),
        ("while i < 100, i *= 2", "7 x 2 n^3", 7 * P, counted(lambda i: i < 100, lambda i: i * 2, 1), (X,)),
    ]  # fmt: skip


def library_cases() -> list[Case]:
    """Factorisations, transforms, and elementwise work."""
    return [
        ("cholesky", "n^3 / 3", N**3 / 3, jnp.linalg.cholesky, (X,)),
        ("cholesky, 8 x 64", "8 n^3 / 3", 8 * 64**3 / 3, jnp.linalg.cholesky, (BATCH,)),
        ("qr", "8/3 n^3", 8 / 3 * N**3, jnp.linalg.qr, (X,)),
        (
            "qr, 512 x 128",
            "4 m n^2 - 4/3 n^3",
            4 * 512 * 128**2 - 4 / 3 * 128**3,
            jnp.linalg.qr,
            (TALL,),
        ),
        ("solve", "2/3 n^3 + 2 n^3", 8 / 3 * N**3, jnp.linalg.solve, (X, X)),
        (
            "triangular solve",
            "n^3",
            N**3,
            jax.scipy.linalg.solve_triangular,
            (X, X),
        ),
        ("eigh", "9 n^3", 9 * N**3, jnp.linalg.eigh, (X,)),
        ("svd", "26 n^3", 26 * N**3, jnp.linalg.svd, (X,)),
        (
            "svd, values only",
            "8/3 n^3",
            8 / 3 * N**3,
            lambda x: jnp.linalg.svd(x, compute_uv=False),
            (X,),
        ),
        ("fft", "5 n log2 n each", 5 * N * N * 8, jnp.fft.fft, (X,)),
        ("fft2", "5 N log2 N", 5 * N * N * 16, jnp.fft.fft2, (X,)),
        ("rfft", "2.5 n log2 n each", 2.5 * N * N * 8, jnp.fft.rfft, (X,)),
        ("sin", "1 an element", N * N, jnp.sin, (X,)),
        ("sum", "n - 1", N * N - 1, jnp.sum, (X,)),
        ("cumsum", "1 an element", N * N, lambda x: jnp.cumsum(x, 0), (X,)),
    ]


def counts(fn: Callable[..., Any], specs: tuple[Any, ...]) -> tuple[float, bool, float | None]:
    """Our count, whether it says it is a lower bound, and XLA's count of the same program."""
    flat = jax.jit(lambda *xs: jax.tree.leaves(fn(*xs)))
    exported, facts = inspect(bytes(export.export(flat)(*specs).serialize()))
    compiled = jax.jit(exported.call).lower(*exported.in_avals).compile()
    cost: dict[str, float] = compiled.cost_analysis() or {}
    return facts.flops, facts.is_lower_bound, cost.get("flops")


def main() -> None:
    """Count, print and write the record."""
    rows: list[list[str]] = []
    worst = 0.0
    for name, formula, exact, fn, specs in (*product_cases(), *loop_cases(), *library_cases()):
        own, is_lower, xla = counts(fn, specs)
        worst = max(worst, abs(own / exact - 1))
        theirs = "none" if xla is None else f"{xla / exact:.4g}"
        source = "lower_bound" if is_lower else "artifact"
        rows.append([name, formula, f"{exact:.4g}", f"{own / exact:.4f}", source, theirs])
        print(rows[-1], flush=True)
    head = [
        "case",
        "formula",
        "exact flops",
        "own / exact",
        "flops_source",
        "cost_analysis / exact",
    ]
    text = [
        "# Flops of closed-form cases",
        "",
        f"{len(rows)} cases, {N} x {N} float32 unless the case says otherwise. The largest "
        f"deviation of our count is {worst:.1%}: elementwise work beside the formula's term.",
        "",
        *table(head, rows),
        "",
        f"Python {platform.python_version()}, jax {version('jax')}; "
        "`python -m tests.records.benchmark_flops`.",
        "",
    ]
    Path(__file__).with_suffix(".md").write_text("\n".join(text), encoding="utf-8")


if __name__ == "__main__":
    main()
