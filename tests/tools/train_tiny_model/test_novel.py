"""The bundled text, and the model that reads it."""

import hashlib

import jax.numpy as jnp
import numpy as np
from flax import nnx

from jax_workbench.tools.train_tiny_model.generated import CONTEXT, STRIDE, novel, text
from jax_workbench.tools.train_tiny_model.presets.transformer import TransformerLm

LENGTH = 24


def test_the_text_is_the_same_on_every_python() -> None:
    digest = hashlib.sha256(novel().encode()).hexdigest()

    assert digest == "8061549557aebd2fd6e353d18d9197cb707029112bd52d4d8b174583a925848a"


def test_its_last_tenth_repeats_no_forty_characters_of_the_rest() -> None:
    content = novel()
    cut = len(content) * 9 // 10
    before = {content[i : i + 40] for i in range(cut - 40)}

    repeated = [i for i in range(cut, len(content) - 40) if content[i : i + 40] in before]

    assert repeated == []


def test_windows_overlap_by_the_stride_and_ask_for_the_next_character() -> None:
    source = text()

    assert source.rows.x.shape[1] == CONTEXT
    assert np.array_equal(source.rows.x[0, STRIDE:], source.rows.x[1, :-STRIDE])
    assert np.array_equal(source.rows.x[0, 1:], source.rows.y[0, :-1])


def test_no_character_sees_those_behind_it() -> None:
    model = TransformerLm(11, LENGTH, is_rotary=True, rngs=nnx.Rngs(0))
    tokens = jnp.arange(LENGTH)[None] % 11
    changed = tokens.at[0, LENGTH // 2].set(10 - tokens[0, LENGTH // 2])

    before, after = model(tokens)[0], model(changed)[0]

    assert jnp.array_equal(before[: LENGTH // 2], after[: LENGTH // 2])
    assert not jnp.allclose(before[LENGTH // 2], after[LENGTH // 2])
