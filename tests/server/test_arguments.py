import json
from typing import Annotated, Self

import pytest
from pydantic import AfterValidator, Field, ValidationError, model_validator

from jax_workbench.server.arguments import plain, read
from jax_workbench.tools.benchmark_fn import BenchmarkFnAsk
from jax_workbench.tools.contract import Ask, Part
from jax_workbench.tools.fit_curve import FitCurveAsk
from jax_workbench.tools.train_tiny_model import TrainTinyModelAsk


class Variant(Part):
    """A named code."""

    name: str
    code: str


class CompareAsk(Ask):
    """Arguments of every kind."""

    code: str = ""
    variants: tuple[Variant, ...] = Field(default=(), min_length=1)
    sweep: dict[str, tuple[int, ...]] = Field(default_factory=dict[str, tuple[int, ...]])
    limit_s: float | None = Field(default=None, gt=0)


def at_most_one(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(names) > 1:
        raise ValueError("one name is enough.")
    return names


class CheckedAsk(Ask):
    """Arguments with checks of their own, and a union."""

    names: Annotated[tuple[str, ...], AfterValidator(at_most_one)] = ()
    sizes: tuple[int | tuple[float, ...], ...] = ()
    of: dict[str, Variant | bool] = Field(default_factory=dict[str, Variant | bool])

    @model_validator(mode="after")
    def _has_names_for_sizes(self) -> Self:
        if self.sizes and not self.names:
            raise ValueError("sizes need names")
        return self


def fault_of(arguments: dict[str, object], model: type[Ask] = CompareAsk) -> str:
    with pytest.raises(ValidationError) as raised:
        read(model, arguments)
    return plain(raised.value, model)


def test_a_list_that_came_as_json_in_a_string_is_read() -> None:
    ask = read(CompareAsk, {"variants": '[{"name": "a", "code": "1"}]', "sweep": '{"n": [1]}'})

    assert ask.variants == (Variant(name="a", code="1"),)
    assert ask.sweep == {"n": (1,)}


def test_code_that_looks_like_json_stays_code() -> None:
    ask = read(CompareAsk, {"code": "[1, 2]", "variants": '[{"name": "a", "code": "{}"}]'})

    assert ask.code == "[1, 2]"
    assert ask.variants[0].code == "{}"


@pytest.mark.parametrize("text", ["[1, 2", '{"name": 1}', "[" * 100_000, "nothing"])
def test_a_string_that_is_no_such_list_is_refused_in_place(text: str) -> None:
    fault = fault_of({"variants": text})

    assert fault.startswith("variants")
    assert len(fault) < 300


def test_numbers_in_strings_are_read_as_models_often_send_them() -> None:
    ask = read(CompareAsk, {"limit_s": "7"})

    assert ask.limit_s == 7


def test_a_faulty_item_is_not_also_a_list_too_short() -> None:
    fault = fault_of({"variants": [{"name": "a", "code": "1", "speed": 2}]})

    assert fault.splitlines()[0].startswith("variants[0].speed: there is no such argument")
    assert "at least 1" not in fault


def test_a_list_that_is_too_short_is_called_a_list() -> None:
    assert fault_of({"variants": []}).startswith("variants: List should have at least 1 item")
    assert "valid list" in fault_of({"variants": "x"})


def test_each_fault_is_one_line_with_what_was_found() -> None:
    fault = fault_of({"limit_s": 0, "code": 3})

    assert fault.splitlines() == [
        "code: Input should be a valid string (got 3).",
        "limit_s: Input should be greater than 0 (got 0).",
    ]


def test_an_unknown_argument_names_the_accepted_ones_and_the_nearest() -> None:
    fault = fault_of({"variant": []})

    assert fault.splitlines() == [
        "variant: there is no such argument (got []). Did you mean 'variants'?",
        "Accepted: code, variants, sweep, limit_s.",
    ]


def test_an_unknown_name_inside_a_list_names_what_is_accepted_there() -> None:
    fault = fault_of({"variants": [{"name": "a", "cod": "1"}, {"name": "b", "code": "2"}]})

    assert fault.splitlines() == [
        "variants[0].code: required, but missing.",
        "variants[0].cod: there is no such argument (got '1'). Did you mean 'code'?",
        "Accepted in variants: name, code.",
    ]


def test_a_thousand_wrong_values_make_a_short_complaint() -> None:
    fault = fault_of({"sweep": {"n": ["a"] * 1000}})

    assert fault.splitlines()[-1] == "And 995 more."
    assert len(fault) < 1000


def test_a_long_wrong_value_is_shortened() -> None:
    fault = fault_of({"limit_s": "x" * 10_000})

    assert len(fault) < 200


def test_no_fault_shows_pydantics_own_links() -> None:
    assert "pydantic" not in fault_of(json.loads('{"limit_s": "soon", "variants": [7]}'))


def test_what_a_check_of_ours_says_comes_first() -> None:
    assert fault_of({"names": ["a", "b"]}, CheckedAsk) == (
        'names: one name is enough (got ["a", "b"]).'
    )


def test_a_check_of_several_arguments_shows_its_cause_alone() -> None:
    assert fault_of({"sizes": [1]}, CheckedAsk) == "sizes need names."
    assert fault_of({"model": "a*x", "y": [1], "sigma": [1]}, FitCurveAsk).startswith(
        "sigma_kind is required with sigma"
    )


def test_the_branches_of_a_union_make_one_complaint_at_the_place_as_it_was_written() -> None:
    fault = fault_of({"names": ["a"], "sizes": [1, "x"]}, CheckedAsk)

    assert fault == (
        "sizes[1]: Input should be a valid integer, unable to parse string as an integer, "
        "or a valid list (got 'x')."
    )


def test_what_lies_inside_of_a_branch_keeps_its_place() -> None:
    faults = fault_of({"names": ["a"], "sizes": [[0, "x"]]}, CheckedAsk).splitlines()

    assert faults[0].startswith("sizes[0]: Input should be a valid integer (got")
    assert faults[1].startswith("sizes[0][1]: Input should be a valid number")


def test_an_unknown_name_inside_a_branch_names_what_is_accepted_there() -> None:
    fault = fault_of({"of": {"first": {"name": "a", "cod": "1"}}}, CheckedAsk)

    assert "of.first.cod: there is no such argument (got '1'). Did you mean 'code'?" in fault
    assert "Accepted in of.first: name, code." in fault


def test_parts_that_the_lean_schema_keeps_silent_about_are_named_when_they_are_wrong() -> None:
    fault = fault_of({"variants": [{"name": "a", "cod": "x"}]}, BenchmarkFnAsk)

    assert "variants[0].cod: there is no such argument (got 'x'). Did you mean 'code'?" in fault
    assert "Accepted in variants: name, code, fn." in fault


def test_files_that_are_no_list_are_refused_beside_a_checkpoint_too() -> None:
    fault = fault_of({"resume": "workbench://runs/a/checkpoint", "files": 5}, TrainTinyModelAsk)

    assert fault == "files: Input should be a valid list (got 5)."
