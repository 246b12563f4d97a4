"""A small causal transformer on tokens. Runs in the worker."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from jax_workbench.tools.errors import ToolError
from jax_workbench.tools.train_tiny_model.losses import cross_entropy
from jax_workbench.tools.train_tiny_model.metrics import bits_per_char, exact_match
from jax_workbench.tools.train_tiny_model.presets.layers import (
    CausalAttention,
    CausalConv,
    RMSNorm,
    by_row,
)
from jax_workbench.tools.train_tiny_model.presets.supervised import metric_named
from jax_workbench.tools.train_tiny_model.problem import Batch, Problem, Recipe, built
from jax_workbench.tools.train_tiny_model.rows import Rows, Source, Split
from jax_workbench.tools.train_tiny_model.untyped import jit

WIDTH, N_HEADS, N_LAYERS = 64, 4, 2
N_NEAR = 4
"""Characters that are read together before any attention."""
N_SHOWN = 200
"""Characters of a sample."""
PROMPT = 16


class Block(nnx.Module):
    """Attention and a dense part, each after a norm and added to its input."""

    def __init__(self, *, is_rotary: bool, rngs: nnx.Rngs) -> None:
        """All of one width."""
        self.norms = nnx.List([RMSNorm(WIDTH), RMSNorm(WIDTH)])
        self.attention = CausalAttention(WIDTH, N_HEADS, is_rotary=is_rotary, rngs=rngs)
        self.up = nnx.Linear(WIDTH, 4 * WIDTH, use_bias=False, rngs=rngs)
        self.down = nnx.Linear(4 * WIDTH, WIDTH, use_bias=False, rngs=rngs)

    def __call__(self, x: Any) -> Any:
        """Shape (n, length, width)."""
        x = x + self.attention(self.norms[0](x))
        return x + by_row(self._dense, self.norms[1](x))

    def _dense(self, rows: Any) -> Any:
        return self.down(jax.nn.gelu(self.up(rows)))


class TransformerLm(nnx.Module):
    """Logits of the next token at each place."""

    def __init__(self, n_symbols: int, length: int, *, is_rotary: bool, rngs: nnx.Rngs) -> None:
        """Up to `length` tokens; learned positions unless rotary, as texts have it."""
        small = nnx.initializers.normal(0.02)
        self.embed = nnx.Embed(n_symbols, WIDTH, embedding_init=small, rngs=rngs)
        self.places = None if is_rotary else nnx.Param(small(rngs.params(), (length, WIDTH)))
        self.near = CausalConv(WIDTH, N_NEAR, rngs=rngs) if is_rotary else None
        self.blocks = nnx.List([Block(is_rotary=is_rotary, rngs=rngs) for _ in range(N_LAYERS)])
        self.norm = RMSNorm(WIDTH)
        self.head = nnx.Linear(WIDTH, n_symbols, use_bias=False, kernel_init=small, rngs=rngs)

    def __call__(self, tokens: Any) -> Any:
        """Shape (n, length) of integers to (n, length, n_symbols)."""
        x = self.embed(tokens)
        if self.places is not None:
            x = x + self.places[...][None, : tokens.shape[1]]
        if self.near is not None:
            x = x + self.near(x)
        for block in self.blocks:
            x = block(x)
        return by_row(self.head, self.norm(x))


def transformer(source: Source, split: Split, metric: str) -> Problem:
    """Next-token prediction; where only answers are scored, in whole answers.

    Raises:
        ToolError: `bad_argument` where the data are no tokens.
    """
    if source.kind != "tokens":
        raise ToolError(
            "bad_argument",
            f"model transformer_lm takes tokens; {source.name} holds {source.kind}.",
            "Use dataset text, addition, copy, sorting or a .txt file.",
        )
    n_symbols = len(source.vocabulary)
    is_answer = "n_asked" in source.facts
    if stride := int(source.facts.get("stride", 0)):
        split = replace(
            split,
            validation=scored_once(split.validation, stride),
            test=scored_once(split.test, stride),
        )
    length = split.train.x.shape[1]

    def build(rngs: nnx.Rngs) -> Any:
        return TransformerLm(n_symbols, length, is_rotary=not is_answer, rngs=rngs)

    def objective(model: Any, batch: Batch, key: Any) -> Any:
        del key
        return cross_entropy(model(batch[0]), batch[1])

    recipe = (
        Recipe(2400, 256, learning_rate=3e-3, clip_norm=1.0, weight_decay=1e-2, warmup_steps=100)
        if is_answer
        else Recipe(1600, 8, "muon", 1.5e-2, clip_norm=1.0, weight_decay=1e-2, warmup_steps=50)
    )
    return Problem(
        "transformer_lm",
        source,
        split,
        built(build),
        objective,
        recipe,
        metric_named(metric, exact_match() if is_answer else bits_per_char()),
        expected_init_loss=math.log(n_symbols),
        expected_rule=f"ln {n_symbols}: all symbols equally likely",
        n_outputs=n_symbols,
        is_logits=True,
    )


def scored_once(rows: Rows, stride: int) -> Rows:
    """Overlapping windows of a text, each of whose characters is scored in one window only.

    That is the window with most characters before it; the first window scores all of its own.
    """
    y = rows.y.copy()
    y[1:, :-stride] = -1
    return Rows(rows.x, y)


def completions(model: Any, source: Source, split: Split, n: int) -> tuple[Any, ...]:
    """Greedy answers to the first test rows, or sampled text after a test prompt."""
    symbols = source.vocabulary
    if "n_asked" in source.facts:
        x, n_asked = split.test.x[:n], int(source.facts["n_asked"])
        said = grown(model, x, n_asked, x.shape[1] + 1, lambda logits, _: logits.argmax(-1))
        return tuple("".join(symbols[t] for t in row) for row in said)
    key = jax.random.key(0)
    x = split.test.x[:: max(1, len(split.test) // n)][:n]

    def drawn(logits: Any, at: int) -> Any:
        return jax.random.categorical(jax.random.fold_in(key, at), logits)

    text = grown(model, x, PROMPT, PROMPT + N_SHOWN, drawn)
    return tuple("".join(symbols[t] for t in row) for row in text)


def grown(
    model: Any, x: Any, n_given: int, n_total: int, pick: Callable[[Any, int], Any]
) -> list[list[int]]:
    """Rows of tokens, continued one at a time from their first `n_given`."""
    window = x.shape[1]
    rows = np.zeros((len(x), n_total), np.int32)
    rows[:, :n_given] = x[:, :n_given]
    graphdef, state = cast("tuple[Any, Any]", nnx.split(model))

    @jit
    def logits_at(state: Any, tokens: Any, last: Any) -> Any:
        return nnx.merge(graphdef, state)(tokens)[:, last]

    for at in range(n_given, n_total):
        start = max(0, at - window)
        tokens = np.zeros((len(x), window), np.int32)
        tokens[:, : at - start] = rows[:, start:at]
        found = logits_at(state, jnp.asarray(tokens), at - start - 1)
        rows[:, at] = np.asarray(pick(found, at))
    return rows.tolist()
