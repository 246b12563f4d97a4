"""Data sets that are made, seeded, with the true answer at hand. Runs in the worker."""

import bz2
import hashlib
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np

from jax_workbench.tools.train_tiny_model.rows import Array, Rows, Source

NOVEL = Path(__file__).parent / "datasets" / "persuasion.txt.bz2"
CONTEXT = 128
STRIDE = 32


def moons(n: int = 2000, seed: int = 0, noise: float = 0.08) -> Source:
    """Two interleaved half circles, classes 0 and 1."""
    rng = np.random.default_rng([seed, 1])
    angle = rng.uniform(0, np.pi, n)
    y = np.arange(n) % 2
    x = np.where(
        y[:, None] == 0,
        np.stack([np.cos(angle), np.sin(angle)], 1),
        np.stack([1 - np.cos(angle), 0.5 - np.sin(angle)], 1),
    )
    return classes("moons", x + rng.normal(0, noise, x.shape), y)


def spirals(n: int = 2000, seed: int = 0, noise: float = 0.03) -> Source:
    """Two spirals of one and a half turns, classes 0 and 1."""
    rng = np.random.default_rng([seed, 2])
    y = np.arange(n) % 2
    turn = np.sqrt(rng.uniform(0.02, 1, n)) * 3 * np.pi
    angle = turn + np.pi * y
    x = np.stack([np.cos(angle), np.sin(angle)], 1) * (turn / (3 * np.pi))[:, None]
    return classes("spirals", x + rng.normal(0, noise, x.shape), y)


def swiss_roll(n: int = 2000, seed: int = 0) -> Source:
    """A rolled sheet in three dimensions; the target is the position along the roll."""
    rng = np.random.default_rng([seed, 3])
    turn = 1.5 * np.pi * (1 + 2 * rng.uniform(size=n))
    x = np.stack([turn * np.cos(turn), 21 * rng.uniform(size=n), turn * np.sin(turn)], 1)
    x = x + rng.normal(0, 0.1, x.shape)
    rows = Rows(x.astype(np.float32), turn.astype(np.float32))
    return Source("swiss_roll", rows, "numbers", names=("x", "y", "z"))


def sine(n: int = 160, seed: int = 0, noise: float = 0.2) -> Source:
    """A noisy sine; `facts` hold the noise's standard deviation."""
    rng = np.random.default_rng([seed, 4])
    x = rng.uniform(-1, 1, (n, 1))
    y = np.sin(3 * x[:, 0]) + rng.normal(0, noise, n)
    rows = Rows(x.astype(np.float32), y.astype(np.float32))
    return Source("sine", rows, "numbers", names=("x",), facts={"noise_sd": noise})


def classes(name: str, x: Array, y: Array) -> Source:
    """A set with class labels."""
    rows = Rows(x.astype(np.float32), y.astype(np.int32))
    return Source(name, rows, "classes", names=tuple(f"x{i}" for i in range(x.shape[1])))


def addition(seed: int = 0) -> Source:
    """Every sum of two two-digit numbers, once; the answer is reversed, lowest digit first."""
    rng = np.random.default_rng([seed, 5])
    pairs = rng.permutation(10_000)
    texts = [f"{p // 100:02d}+{p % 100:02d}={p // 100 + p % 100:03d}" for p in pairs]
    return answers("addition", [t[:6] + t[:5:-1] for t in texts], 6, "0123456789+=")


def copying(seed: int = 0) -> Source:
    """Six letters, then the same six."""
    words = letters(seed, 6)
    return answers("copy", [f"{w}={w}" for w in words], 7, "abcdefgh=")


def sorting(seed: int = 0) -> Source:
    """Six letters, then the same in alphabetical order."""
    words = letters(seed, 7)
    return answers("sorting", [f"{w}={''.join(sorted(w))}" for w in words], 7, "abcdefgh=")


def letters(seed: int, salt: int, n: int = 10_000) -> list[str]:
    """Distinct words of six letters of eight."""
    rng = np.random.default_rng([seed, salt])
    numbers = rng.choice(8**6, n, replace=False)
    return ["".join("abcdefgh"[(i >> (3 * k)) & 7] for k in range(6)) for i in numbers]


def answers(name: str, texts: list[str], n_asked: int, vocabulary: str) -> Source:
    """Texts whose first `n_asked` characters are given and whose rest is to be said.

    A target of -1 is not scored.
    """
    place = {character: i for i, character in enumerate(vocabulary)}
    tokens = np.array([[place[c] for c in text] for text in texts], np.int32)
    y = tokens[:, 1:].copy()
    y[:, : n_asked - 1] = -1
    rows = Rows(tokens[:, :-1], y)
    return Source(name, rows, "tokens", vocabulary=vocabulary, facts={"n_asked": n_asked})


def novel() -> str:
    """The text of a novel that ships; SOURCES.md beside it says whose it is."""
    return bz2.decompress(NOVEL.read_bytes()).decode("ascii")


def text() -> Source:
    """Characters of an English novel."""
    return characters("text", novel())


def characters(name: str, content: str) -> Source:
    """Windows of a text; the target is the next character everywhere."""
    vocabulary = "".join(sorted(set(content)))
    place = {character: i for i, character in enumerate(vocabulary)}
    tokens = np.array([place[character] for character in content], np.int32)
    n = (len(tokens) - 1 - CONTEXT) // STRIDE + 1
    at = np.arange(n)[:, None] * STRIDE + np.arange(CONTEXT)[None, :]
    facts = {
        "text_sha256": hashlib.sha256(content.encode()).hexdigest(),
        "n_characters": len(content),
        "overlap": math.ceil(CONTEXT / STRIDE),
        "stride": STRIDE,
    }
    rows = Rows(tokens[at], tokens[at + 1])
    return Source(name, rows, "tokens", is_ordered=True, vocabulary=vocabulary, facts=facts)


GENERATED: dict[str, Callable[[], Source]] = {
    "moons": moons,
    "spirals": spirals,
    "swiss_roll": swiss_roll,
    "sine": sine,
    "addition": addition,
    "copy": copying,
    "sorting": sorting,
    "text": text,
}
"""By name; each takes no argument."""
