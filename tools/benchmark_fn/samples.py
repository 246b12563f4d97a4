"""Every timed block as an artifact. Runs in the timer."""

import json

from jax_workbench.tools.benchmark_fn.rounds import Rounds

MAX_SAMPLES = 200_000


def samples(rounds: Rounds, names: list[str]) -> bytes:
    """Every timed block as JSON columns, the last ones left out where they are very many."""
    blocks = rounds.blocks[:MAX_SAMPLES]
    origin = blocks[0].start_ns if blocks else 0
    columns = {
        "variants": names,
        "calls_per_block": rounds.n_calls,
        "n_blocks": len(rounds.blocks),
        "round": [block.round for block in blocks],
        "variant": [block.variant for block in blocks],
        "input_set": [block.input_set for block in blocks],
        "start_ns": [block.start_ns - origin for block in blocks],
        "wall_ns": [block.wall_ns for block in blocks],
        "cpu_ns": [block.cpu_ns for block in blocks],
    }
    return json.dumps(columns, separators=(",", ":")).encode()
