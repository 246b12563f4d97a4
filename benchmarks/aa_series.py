"""One long series of the timer's own rounds, for aa_rates.py: run as a process of its own."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

KERNELS = ("heat", "scan_rnn", "softmax_rows")
"""Of these, some of the rule's constants were chosen."""
HELD_OUT_KERNELS = ("fft_filter", "sort_rows", "gathered_sums")
TRIPS = 40
MORE_TRIPS = 42
"""5 % more work than TRIPS."""
N_VARIANTS = 3


def measure_series(kernel: str, seconds: float, out: Path) -> None:
    """Measure A, A compiled again, and A with 5 % more turns, pinned to one core; write JSON."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-1:])
    # Only now: JAX's threads take the cores that there are when it starts.
    from jax_workbench.tools.benchmark_fn.rounds import Rounds  # noqa: PLC0415

    calls, input_sets = compiled(kernel)
    rounds = Rounds(calls, input_sets, seed=1)
    rounds.calibrate()
    rounds.run(seconds)
    starts = [block.start_ns for block in rounds.blocks[:: len(calls)]]
    record = {
        "kernel": kernel,
        "n_calls": rounds.n_calls,
        "start_s": [(start - starts[0]) / 1e9 for start in starts],
        "wall_us": [rounds.times_us(i, "wall").tolist() for i in range(len(calls))],
        "cpu_us": [rounds.times_us(i, "cpu").tolist() for i in range(len(calls))],
    }
    out.write_text(json.dumps(record), encoding="utf-8")


def bodies() -> dict[str, tuple[Callable[[Any], Any], int]]:
    """One turn of each kernel's loop, and the side of the matrix that it works on."""
    import jax  # noqa: PLC0415
    import jax.numpy as jnp  # noqa: PLC0415

    def gathered_sums(x: Any) -> Any:
        places = jnp.argsort(x[0])
        return (x + x[:, places]) * 0.5

    return {
        "heat": (lambda x: x + 0.1 * (jnp.roll(x, 1, 0) + jnp.roll(x, -1, 0) - 2 * x), 192),
        "scan_rnn": (lambda x: jnp.tanh(x @ x.T / x.shape[0]), 64),
        "softmax_rows": (lambda x: jax.nn.softmax(3 * x, axis=-1) + x, 96),
        "fft_filter": (lambda x: jnp.fft.irfft(jnp.fft.rfft(0.9 * x), x.shape[-1]) + 0.01, 64),
        "sort_rows": (lambda x: jnp.sort(x + x[::-1], axis=-1) * 0.5, 24),
        "gathered_sums": (gathered_sums, 96),
    }


def compiled(kernel: str) -> tuple[list[Any], list[list[Any]]]:
    """The three programs, by the timer's own steps, and input sets."""
    import jax  # noqa: PLC0415
    import jax.numpy as jnp  # noqa: PLC0415
    from jax import export, lax  # noqa: PLC0415

    from jax_workbench.tools.benchmark_fn.messages import TimerVariant  # noqa: PLC0415
    from jax_workbench.tools.benchmark_fn.prepare import compile_program, load  # noqa: PLC0415

    body, size = bodies()[kernel]
    spec = jax.ShapeDtypeStruct((size, size), jnp.float32)

    def turn(_: Any, carried: Any) -> Any:
        return body(carried)

    def program(trips: int) -> Any:
        def flat(x: Any) -> list[Any]:
            return [lax.fori_loop(0, trips, turn, x)]

        blob = bytes(export.export(jax.jit(flat))(spec).serialize())
        variant = TimerVariant(name=kernel, blob="", in_paths=("x",), out_paths=("y",))
        return compile_program(load(variant, blob)).call

    rng = np.random.default_rng(0)
    sets = [[jnp.asarray(rng.standard_normal((size, size)), jnp.float32)] for _ in range(3)]
    return [program(TRIPS), program(TRIPS), program(MORE_TRIPS)], sets


if __name__ == "__main__":
    measure_series(sys.argv[1], float(sys.argv[2]), Path(sys.argv[3]))
