"""Make attention with shared keys faster, and prove that it is, and that it computes the same.

python -m examples.attention.session
"""

from pathlib import Path
from typing import Any

from examples.session import Session, record

REPEATED = """\
import jax
import jax.numpy as jnp

def fn(q, k, v):  # q (batch, 1, 8 heads, features); k and v (batch, length, 2 heads, features)
    k, v = jnp.repeat(k, 4, axis=2), jnp.repeat(v, 4, axis=2)
    scores = jnp.einsum("bqhd,bkhd->bhqk", q, k) / jnp.sqrt(q.shape[-1])
    return jnp.einsum("bhqk,bkhd->bqhd", jax.nn.softmax(scores, axis=-1), v)
"""
GROUPED = """\
import jax
import jax.numpy as jnp

def fn(q, k, v):
    batch, n_queries, n_heads, features = q.shape
    q = q.reshape(batch, n_queries, k.shape[2], -1, features)
    scores = jnp.einsum("bqhgd,bkhd->bhgqk", q, k) / jnp.sqrt(features)
    mixed = jnp.einsum("bhgqk,bkhd->bqhgd", jax.nn.softmax(scores, axis=-1), v)
    return mixed.reshape(batch, n_queries, n_heads, features)
"""
LIBRARY = """\
import jax

def fn(q, k, v):
    return jax.nn.dot_product_attention(q, k, v)
"""
HALF = """\
import jax
import jax.numpy as jnp

def fn(q, k, v):
    q, k, v = (x.astype(jnp.bfloat16) for x in (q, k, v))
    return jax.nn.dot_product_attention(q, k, v).astype(jnp.float32)
"""
RECENT = """\
import jax

def fn(q, k, v):
    return jax.nn.dot_product_attention(q, k[:, -512:], v[:, -512:])
"""
VARIANTS = {
    "repeated keys": REPEATED,
    "grouped": GROUPED,
    "library": LIBRARY,
    "16 bits": HALF,
    "recent keys": RECENT,
}
HEADS = (8, 2, 2)
"""Of queries, keys and values."""


async def talk(session: Session) -> None:
    """Compare five versions, then hold the gradients of one to differences."""
    session.say("# Speed up attention, and prove it")
    session.say(
        "One step of decoding: a new token's query meets 2048 keys, and four heads of queries "
        "share one head of keys. Five versions; two of them compute something else."
    )
    for name, code in VARIANTS.items():
        session.say(f"{name}:\n\n```python\n{code.strip()}\n```")
    answer = await session.ask(
        "benchmark_fn",
        "Which version is faster, and do they compute the same?",
        variants=[{"name": name, "code": code} for name, code in VARIANTS.items()],
        inputs=inputs(1, 2048, features=64),
        min_effect=0.05,
        time_budget_s=20,
    )
    session.keep_picture()
    result = answer["result"]
    for comparison in result["comparisons"]:
        session.say(row(comparison))
    rejected = [c["candidate"] for c in result["comparisons"] if c["verdict"] == "rejected"]
    grouped = result["comparisons"][0]
    session.conclude(f"rejected: {', '.join(rejected)}; grouped is {grouped['verdict']}.")
    checked = await session.ask(
        "check_gradients",
        "Can it be trained through?",
        code=GROUPED,
        inputs=inputs(1, 12, features=4),
    )
    session.conclude(f"`{checked['status']}`.")


def inputs(n_queries: int, n_keys: int, features: int) -> list[dict[str, Any]]:
    """The arguments q, k and v: (1, length, heads, features) each."""
    lengths = (n_queries, n_keys, n_keys)
    return [
        {"shape": [1, length, heads, features]}
        for length, heads in zip(lengths, HEADS, strict=True)
    ]


def row(comparison: dict[str, Any]) -> str:
    """One comparison in one line."""
    start = f"- {comparison['candidate']}: `{comparison['verdict']}` ({comparison['reason']})"
    if comparison["ci_low"] is None:
        return start
    return (
        f"{start}, {1 / comparison['time_ratio']:.2f} times as fast "
        f"({1 / comparison['ci_high']:.2f} to {1 / comparison['ci_low']:.2f})"
    )


if __name__ == "__main__":
    record(talk, Path(__file__).parent)
