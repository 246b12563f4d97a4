"""A training of ten minutes that outlives its call, and one that is cancelled and gone on from.

    .venv/bin/python -m tests.records.train_tiny_model_long_job [--seconds 588]

Through a real server on stdio. The step sleeps, so that ten minutes cost no more CPU than one.
Writes train_tiny_model_long_job.json, and fails where a promise did not hold.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import anyio
from mcp import Client, StdioServerParameters, types
from mcp.client.stdio import stdio_client

from jax_workbench.server.envelope import versions
from tests.records.soak import COMMAND, READ_S, environment
from tests.tools.train_tiny_model.texts import CLASSES, HEAD, model

RECORD = Path(__file__).with_suffix(".json")
STEP_S = 0.25
SLOW_STEP = f"""
import time

def loss_of(model, batch):
    x, y = batch
    return optax.softmax_cross_entropy_with_integer_labels(model(x), y).mean()

def train_step(model, optimizer, batch):
    time.sleep({STEP_S})
    loss, grads = nnx.value_and_grad(loss_of)(model, batch)
    optimizer.update(model, grads)
    return loss
"""
CODE = HEAD + CLASSES + model() + SLOW_STEP
CANCELLED_AFTER_S = 15.0
WAIT_S = 30


def main() -> None:
    """Train, write, and fail where a job was lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=588.0)
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as folder:
        record = anyio.run(both, Path(folder), seconds)
    record["versions"] = versions()
    RECORD.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(record, indent=1))  # noqa: T201
    if record["long"]["elapsed_s"] < seconds or "checkpoint" not in record["long"]["artifacts"]:
        sys.exit("The long training ended before its time, or left no checkpoint.")
    if not 0 < record["resumed"]["resumed_at"] < record["resumed"]["steps"]:
        sys.exit("The resumed training did not go on where the checkpoint stands.")


async def both(folder: Path, seconds: float) -> dict[str, Any]:
    """What came of the long training, of the cancelled one, and of going on from that."""
    server = StdioServerParameters(command=COMMAND[0], args=COMMAND[1:], env=environment(folder))
    with Path(folder, "log").open("w") as log:  # noqa: ASYNC230 - before anything runs
        async with Client(stdio_client(server, log), read_timeout_seconds=READ_S) as client:
            return {
                "long": await long_training(client, seconds),
                **await cancelled_training(client),
            }


def arguments(seconds: float, **more: Any) -> dict[str, Any]:
    """A call that trains for so long."""
    limits = {"time_budget_s": min(seconds, 600), "timeout_s": min(seconds + 12, 600)}
    fixed = {"model": "custom", "code": CODE, "steps": 4000, "early_stopping": False}
    return {**fixed, **limits, **more}


async def long_training(client: Client, seconds: float) -> dict[str, Any]:
    """How a training ended that its client fetched by its handle."""
    began = time.monotonic()
    answer = structure(await client.call_tool("train_tiny_model", arguments(seconds)))
    handed_over_s = time.monotonic() - began
    job_id, polls = answer["run"]["job_id"], 0
    while answer["status"] == "running":
        polls += 1
        fetch = {"job_id": job_id, "wait_s": WAIT_S}
        answer = structure(await client.call_tool("get_job", fetch))
    return {
        "status": answer["status"],
        "handed_over_s": round(handed_over_s, 1),
        "get_job_calls": polls,
        "elapsed_s": round(time.monotonic() - began, 1),
        "job_wall_s": round(answer["run"]["wall_s"], 1),
        "job_cpu_s": round(answer["run"]["cpu_s"], 1),
        "steps": answer["result"]["steps"],
        "test_accuracy": answer["result"]["metric"]["test"],
        "artifacts": sorted(artifact["name"] for artifact in answer["artifacts"]),
    }


async def cancelled_training(client: Client) -> dict[str, Any]:
    """What a cancelled training left, and what another call made of it."""
    running = structure(await client.call_tool("train_tiny_model", arguments(300)))
    job = {"job_id": running["run"]["job_id"]}
    await anyio.sleep(CANCELLED_AFTER_S)
    standing = structure(await client.call_tool("get_job", {**job, "wait_s": 0}))
    cancelled = structure(await client.call_tool("cancel_job", job))
    uri = cancelled["artifacts"][0]["uri"]
    more = arguments(20, resume=uri)
    rest = structure(await client.call_tool("train_tiny_model", more))
    return {
        "cancelled": {
            "status": cancelled["status"],
            "said_before": standing["result"]["message"],
            "artifacts": [artifact["name"] for artifact in cancelled["artifacts"]],
            "checkpoint_bytes": cancelled["artifacts"][0]["bytes"],
        },
        "resumed": {
            "status": rest["status"],
            "resumed_at": rest["result"]["details"]["resumed_at"],
            "steps": rest["result"]["steps"],
            "test_accuracy": rest["result"]["metric"]["test"],
        },
    }


def structure(got: types.CallToolResult) -> dict[str, Any]:
    """The answer; raises what the server said where there is none."""
    if got.is_error or got.structured_content is None:
        raise RuntimeError(str(got.content))
    return got.structured_content


if __name__ == "__main__":
    main()
