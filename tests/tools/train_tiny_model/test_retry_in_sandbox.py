"""Memory that really runs out, in the real sandbox, and the attempt after it."""

from typing import Any

import pytest

from jax_workbench.sandbox.policy import Limits
from jax_workbench.server.background_pool import BackgroundPool
from jax_workbench.server.jobs_handle import CallJobs
from jax_workbench.server.watch import Watch
from jax_workbench.tools.errors import ToolError
from jax_workbench.tools.train_tiny_model import TrainTinyModelAnswer, TrainTinyModelAsk
from jax_workbench.tools.train_tiny_model.plan import plan
from tests.tools.train_tiny_model.texts import CLASSES, HEAD, model

pytestmark = pytest.mark.anyio

MEMORY_MIB = 1024
HUNGRY = """
def loss_fn(model, batch):
    # Memory that the compiler knows nothing of, for each row of a batch.
    def taken(x):
        return np.ones((len(x), 8 * 2**20), np.uint8).max().astype(np.float32)

    one = jax.pure_callback(taken, jax.ShapeDtypeStruct((), jnp.float32), batch[0])
    losses = optax.softmax_cross_entropy_with_integer_labels(model(batch[0]), batch[1])
    return losses.mean() * one
"""
CODE = HEAD + CLASSES + model() + HUNGRY
"""16 rows take 128 MiB, 192 rows 1.5 GiB."""


async def train(pool: BackgroundPool, **arguments: Any) -> tuple[TrainTinyModelAnswer, CallJobs]:
    ask = TrainTinyModelAsk.model_validate(
        {"model": "custom", "steps": 4, "timeout_s": 300, "time_budget_s": 300, **arguments}
    )
    limits = Limits(wall_s=ask.timeout_s, memory_mib=MEMORY_MIB)
    jobs = CallJobs(pool, Watch("retry-test"), inputs={}, limits=limits)
    return await plan(ask, jobs), jobs


async def test_the_batch_that_is_too_large_is_trained_in_parts_in_a_fresh_worker(
    pool: BackgroundPool,
) -> None:
    # Held-out rows are looked at in one batch, which must not be what is too large.
    answer, jobs = await train(pool, code=CODE, batch_size=192, val_fraction=0.05)

    assert answer.result is not None
    assert answer.result.steps == 4
    details = answer.result.details
    assert (details["batch_size"], details["batch_parts"]) == (192, 4)
    first, second = details["attempts"]
    assert first["ended"].startswith("out_of_memory: ")
    assert (second["batch_parts"], second["ended"]) == (4, "answered")
    [note] = [note for note in answer.notes if note.code == "retried_in_parts"]
    assert "but for rounding these are the steps of whole batches" in note.text
    names = [artifact.name for artifact in jobs.kept]
    assert names.count("checkpoint") == 1


async def test_code_that_takes_too_much_before_any_batch_is_not_tried_again(
    pool: BackgroundPool,
) -> None:
    with pytest.raises(ToolError, match="Unable to allocate") as failed:
        await train(pool, code=f"{CODE}\nhuge = np.ones(2**33, np.uint8)\n", batch_size=16)

    assert failed.value.code == "out_of_memory"
    assert "Attempt" not in failed.value.cause
