"""What simple models and compressors make of the text that the character model is trained on."""

import bz2
import lzma
import math
from collections import Counter
from collections.abc import Sequence

import numpy as np

from jax_workbench.tools.train_tiny_model import TrainTinyModelAsk
from jax_workbench.tools.train_tiny_model.generated import STRIDE, novel
from jax_workbench.tools.train_tiny_model.presets.table import problem_of

ADDED = 0.05
"""To each count, so that what was never seen is possible; the best of a few for trigrams."""


def baselines_of(ask: TrainTinyModelAsk) -> dict[str, float]:
    """Bits per character of the same test text, given the same training text."""
    problem, _ = problem_of(ask, {})
    vocabulary = problem.source.vocabulary
    train, test = (joined(part.x) for part in (problem.split.train, problem.split.test))
    bits = {
        name: n_gram_bits(train, test, order, len(vocabulary))
        for order, name in enumerate(("unigram", "bigram", "trigram", "4-gram"))
    }
    said, held = ("".join(vocabulary[t] for t in tokens).encode() for tokens in (train, test))
    for name, compress in (("bz2", bz2.compress), ("lzma", lzma.compress)):
        more = len(compress(said + held)) - len(compress(said))
        bits[name] = 8 * more / len(held)
    bits["repeated"] = repeated_share(novel(), len(said))
    return bits


def joined(windows: np.ndarray) -> list[int]:
    """The text behind overlapping windows."""
    first = windows[:-1, :STRIDE].ravel().tolist()
    return first + windows[-1].tolist()


def n_gram_bits(train: Sequence[int], test: Sequence[int], order: int, n_symbols: int) -> float:
    """Mean information of the next symbol, given `order` symbols before it."""
    pairs, contexts = Counter[tuple[int, ...]](), Counter[tuple[int, ...]]()
    for i in range(order, len(train)):
        context = tuple(train[i - order : i])
        contexts[context] += 1
        pairs[*context, train[i]] += 1
    total = 0.0
    for i in range(order, len(test)):
        context = tuple(test[i - order : i])
        count = pairs[*context, test[i]] + ADDED
        total -= math.log2(count / (contexts[context] + ADDED * n_symbols))
    return total / (len(test) - order)


def repeated_share(content: str, start: int, window: int = 40) -> float:
    """Share of the windows after `start` that also stand before it."""
    before = {content[i : i + window] for i in range(start - window)}
    after = [content[i : i + window] for i in range(start, len(content) - window)]
    return sum(piece in before for piece in after) / max(len(after), 1)
