import dataclasses
import enum
import json
from collections import OrderedDict
from typing import Any, NamedTuple, cast

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx

from jax_workbench.tools.run_jax_code.value import MAX_DEPTH, MAX_JSON_BYTES, encode_value

TWO_ONES: dict[str, Any] = {
    "shape": [2],
    "dtype": "float32",
    "min": 1.0,
    "max": 1.0,
    "mean": 1.0,
    "nonfinite": 0,
    "first": [1.0, 1.0],
}


class Pair(NamedTuple):
    """A named tuple."""

    left: int
    right: jax.Array


@jax.tree_util.register_dataclass
@dataclasses.dataclass
class State:
    """A dataclass that JAX knows."""

    weights: jax.Array
    step: int


@jax.tree_util.register_pytree_node_class
class Unnamed:
    """A class that JAX knows, without names for its parts."""

    def __init__(self, *parts: Any) -> None:
        """Keep `parts`."""
        self.parts = parts

    def tree_flatten(self) -> tuple[tuple[Any, ...], None]:
        """Give the parts."""
        return self.parts, None

    @classmethod
    def tree_unflatten(cls, _nothing: None, parts: tuple[Any, ...]) -> "Unnamed":
        """Take the parts."""
        return cls(*parts)


class Colour(enum.IntEnum):
    """An integer with a name."""

    RED = 3


def nested(depth: int) -> list[Any]:
    inner: list[Any] = []
    for _ in range(depth - 1):
        inner = [inner]
    return inner


def codes(value: object) -> list[str]:
    return [note.code for note in encode_value(value).notes]


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        pytest.param(None, None, id="none"),
        pytest.param(True, True, id="boolean"),
        pytest.param(2**53, 2**53, id="largest exact integer"),
        pytest.param(0.1, 0.1, id="float"),
        pytest.param("ä\n", "ä\n", id="text"),
        pytest.param({"a": (1, [None])}, {"a": [1, [None]]}, id="containers"),
        pytest.param({128: 0.5, 0.5: 1}, {"128": 0.5, "0.5": 1}, id="numbers as keys"),
        pytest.param({None: 1, True: 2}, {"null": 1, "true": 2}, id="constants as keys"),
        pytest.param(OrderedDict([("a", 1)]), {"a": 1}, id="a dict's subclass"),
        pytest.param(Colour.RED, 3, id="an integer's subclass"),
        pytest.param(np.float64(0.1), 0.1, id="numpy's double"),
        pytest.param(np.str_("a"), "a", id="numpy's text"),
        pytest.param(np.int8(3), 3, id="numpy's integer"),
        pytest.param(jnp.float32(0.5), 0.5, id="array of no dimensions"),
        pytest.param(jnp.array(True), True, id="boolean of no dimensions"),
        pytest.param(Pair(1, jnp.ones(2)), {"left": 1, "right": TWO_ONES}, id="named tuple"),
        pytest.param(State(jnp.ones(2), 3), {"weights": TWO_ONES, "step": 3}, id="dataclass"),
        pytest.param(Unnamed(1, jnp.ones(2)), {"0": 1, "1": TWO_ONES}, id="unnamed parts"),
        pytest.param(optax.EmptyState(), {}, id="empty state"),
        pytest.param(nnx.Param(jnp.ones(2)), TWO_ONES, id="variable"),
        pytest.param([0.5, np.ones(2, np.float32)], [0.5, TWO_ONES], id="mixed"),
    ],
)  # fmt: skip
def test_a_value_is_sent_as_json(value: object, encoded: object) -> None:
    sent = encode_value(value)

    assert sent.value == encoded
    assert json.dumps(sent.value) == json.dumps(encoded)
    assert sent.value_repr == repr(value)
    assert sent.notes == ()


def test_a_model_is_sent_by_its_attributes() -> None:
    model = nnx.Sequential(nnx.Linear(2, 3, rngs=nnx.Rngs(0)), nnx.Dropout(0.1, rngs=nnx.Rngs(0)))

    value = encode_value(model).value

    assert value["layers"][0]["kernel"]["shape"] == [2, 3]
    assert value["layers"][0]["bias"]["max"] == 0.0
    assert value["layers"][1]["rngs"]["count"] == 0
    assert encode_value(cast("Any", nnx).state(model)).value["layers"]["0"]["kernel"]["shape"] == [
        2,
        3,
    ]


def test_a_model_of_another_library_is_sent_by_its_attributes() -> None:
    value = encode_value(eqx.nn.Linear(2, 1, key=jax.random.key(0))).value

    assert [*value] == ["weight", "bias"]
    assert value["weight"]["shape"] == [1, 2]


def test_an_optimiser_state_is_sent_by_its_names() -> None:
    value = encode_value(cast("Any", optax.adam(1e-3).init({"w": jnp.ones(2)}))).value

    assert value[0]["count"] == 0
    assert value[0]["mu"]["w"]["max"] == 0.0


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        (float("nan"), "nan"),
        (float("inf"), "inf"),
        ({"a": -np.inf}, {"a": "-inf"}),
        (jnp.float32(jnp.nan), "nan"),
    ],
)
def test_a_number_that_is_not_finite_is_text_with_a_note(value: object, encoded: object) -> None:
    sent = encode_value(value)

    assert sent.value == encoded
    assert [note.code for note in sent.notes] == ["nonfinite_value"]


def test_the_note_says_where_and_how_many_are_not_finite() -> None:
    sent = encode_value({"loss": [0.5, float("nan")], "w": jnp.array([jnp.inf, 1.0])})

    assert sent.value["w"]["first"] == ["inf", 1.0]
    assert sent.notes[0].text.endswith("value['loss'][1] and 1 more.")


def test_an_integer_that_readers_would_round_is_text_with_a_note() -> None:
    sent = encode_value([-(2**53) - 1])

    assert sent.value == [str(-(2**53) - 1)]
    assert codes([2**53 + 1]) == ["large_integer"]


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(b"bytes", id="bytes"),
        pytest.param(1 + 2j, id="complex"),
        pytest.param({1, 2}, id="set"),
        pytest.param(object(), id="object"),
        pytest.param(len, id="function"),
        pytest.param("\ud800", id="lone surrogate"),
        pytest.param({(1, 2): 3}, id="key that is no text"),
        pytest.param({1: "a", "1": "b"}, id="two keys that read the same"),
        pytest.param(np.ma.masked_array([1, 2], [False, True]), id="masked array"),
        pytest.param(10**5000, id="integer too long to print"),
    ],
)
def test_what_json_cannot_carry_is_only_in_the_repr(value: object) -> None:
    sent = encode_value(value)

    assert sent.value is None
    assert sent.value_repr
    assert [note.code for note in sent.notes] == ["value_not_json"]


def test_the_note_names_the_part_that_json_cannot_carry() -> None:
    (note,) = encode_value({"a": [1, object()]}).notes

    assert note.text.startswith("value['a'][1] is of type object, which has no JSON form.")


def test_a_value_too_large_is_left_out() -> None:
    fits = "x" * (MAX_JSON_BYTES - 2)

    assert encode_value(fits).value == fits
    for value in (fits + "x", "ä" * (MAX_JSON_BYTES // 2), list(range(MAX_JSON_BYTES))):
        sent = encode_value(value)
        assert sent.value is None
        assert [note.code for note in sent.notes] == ["value_too_large"]
        assert len(sent.value_repr) <= 1024


def test_a_list_that_repeats_itself_a_million_times_is_given_up_early() -> None:
    value: list[Any] = [1]
    for _ in range(20):
        value = [value, value]

    assert codes(value) == ["value_too_large"]


def test_a_value_nested_too_deeply_is_left_out() -> None:
    cycle: list[Any] = []
    cycle.append(cycle)

    assert encode_value(nested(MAX_DEPTH)).notes == ()
    assert codes(nested(MAX_DEPTH + 1)) == ["value_too_deep"]
    assert codes(cycle) == ["value_too_deep"]


def test_a_leaked_tracer_is_no_array() -> None:
    leaked: list[Any] = []
    jax.jit(leaked.append)(1.0)

    assert codes(leaked[0]) == ["value_not_json"]


def test_an_array_that_was_given_away_is_no_value() -> None:
    x = jnp.ones(3)
    x.delete()

    sent = encode_value({"x": x})

    assert sent.value is None
    assert "Array has been deleted" in sent.notes[0].text
