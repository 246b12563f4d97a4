"""Clients that throw hostile code at one server, and what is measured of it meanwhile."""

import random
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
from mcp import Client

from tests.processes import descendants, descriptors

N_CLIENTS = 8
CODES = {
    "hangs": "while True: pass",
    "sleeps": "import time; time.sleep(600)",
    "eats memory": "x = []\nwhile True: x.append(bytearray(2**24))",
    "asks for too much": "import jax.numpy as jnp; jnp.ones((2**33,)).sum()",
    "aborts": "import os; os.abort()",
    "writes to nowhere": "import ctypes; ctypes.string_at(0)",
    "exits": "import os; os._exit(3)",
    "floods": "for _ in range(200000): print('x' * 200)",
    "fills its disk": "open('f', 'wb').write(b'x' * 2**30)",
    "starts threads": "import threading\nfor _ in range(999): "
    "threading.Thread(target=threading.Event().wait, daemon=True).start()",
    "raises": "raise ValueError('no')",
    "works": "import jax.numpy as jnp; float(jnp.ones(10).sum())",
}

type Connect = Callable[[], AbstractAsyncContextManager[Client]]
"""How one client reaches the server."""


@dataclass
class Seen:
    """What was heard and measured."""

    outcomes: Counter[str] = field(default_factory=Counter[str])
    by_code: dict[str, Counter[str]] = field(default_factory=dict[str, Counter[str]])
    listing_s: list[float] = field(default_factory=list[float])
    sizes: list[dict[str, float]] = field(default_factory=list[dict[str, float]])


async def soak(connect: Connect, pid: int, limit_s: float, seen: Seen) -> None:
    """All clients at once, for `limit_s`."""
    with anyio.move_on_after(limit_s):
        async with anyio.create_task_group() as group:
            for number in range(N_CLIENTS):
                group.start_soon(attack, connect, random.Random(number), seen)  # noqa: S311
            group.start_soon(list_tools, connect, seen)
            group.start_soon(measure, pid, seen)


async def attack(connect: Connect, dice: random.Random, seen: Seen) -> None:
    """Send one code after another; every tenth call is given up while it runs."""
    async with connect() as client:
        while True:
            name = dice.choice([*CODES])
            outcome = "given up"
            arguments = {"code": CODES[name], "timeout_s": dice.choice([1, 2, 5])}
            with anyio.move_on_after(dice.uniform(0.2, 2) if dice.random() < 0.1 else None):
                outcome = await outcome_of(client, arguments)
            seen.outcomes[outcome] += 1
            seen.by_code.setdefault(name, Counter())[outcome] += 1


async def outcome_of(client: Client, arguments: dict[str, Any]) -> str:
    """A status, or an error's code."""
    got = await client.call_tool("run_jax_code", arguments)
    answer: dict[str, Any] = got.structured_content or {}
    while answer.get("status") == "running":
        ask = {"job_id": answer["run"]["job_id"], "wait_s": 30}
        got = await client.call_tool("get_job", ask)
        answer = got.structured_content or {}
    if got.is_error:
        return str(getattr(got.content[0], "text", "")).partition(":")[0]
    return str(answer.get("status"))


async def list_tools(connect: Connect, seen: Seen) -> None:
    """Ask again and again, and note how long each answer took."""
    async with connect() as client:
        while True:
            began = time.perf_counter()
            await client.list_tools(cache_mode="bypass")
            seen.listing_s.append(time.perf_counter() - began)
            await anyio.sleep(0.5)


async def measure(pid: int, seen: Seen) -> None:
    """Read the server's size now and then."""
    began = time.monotonic()
    while True:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")  # noqa: ASYNC240
        fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
        seen.sizes.append(
            {
                "at_s": round(time.monotonic() - began, 1),
                "descriptors": descriptors(pid),
                "threads": int(fields["Threads"]),
                "resident_mib": round(int(fields["VmRSS"].split()[0]) / 1024, 1),
                "processes_below": len(descendants(pid)),
            }
        )
        await anyio.sleep(2)
