from typing import Any

import pytest

from jax_workbench.tools.benchmark_fn.program_facts import Facts
from jax_workbench.tools.benchmark_fn.refusals import Program, foreign_calls, refusal


def program(
    inputs: tuple[str, ...] = ("float32[3]", "float32[3]"),
    outputs: tuple[str, ...] = ("float32[3]",),
    *,
    in_paths: tuple[str, ...] = ("args[0]", "args[1]"),
    out_paths: tuple[str, ...] = ("result",),
    **facts: Any,
) -> Program:
    return Program(in_paths, out_paths, Facts(inputs, outputs, **facts))


def reason(candidate: Program, baseline: Program | None = None, **options: Any) -> str | None:
    settings: dict[str, Any] = {"check_outputs": True, "rtol": None, **options}
    found = refusal(candidate, baseline or program(), **settings)
    return found.reason if found else None


def test_a_program_like_the_baseline_is_not_refused() -> None:
    assert reason(program()) is None


@pytest.mark.parametrize(
    "candidate",
    [
        pytest.param(program(inputs=("float32[3]", "float32[1]")), id="input shape"),
        pytest.param(program(outputs=("float32[1]",)), id="output that would broadcast"),
        pytest.param(program(outputs=("float16[3]",)), id="output dtype"),
        pytest.param(
            program(outputs=("float32[3]", "float32[3]"), out_paths=("result[0]", "result[1]")),
            id="one output more",
        ),
        pytest.param(program(out_paths=("result['a']",)), id="output by another name"),
    ],
)
def test_signatures_must_be_equal_exactly(candidate: Program) -> None:
    assert reason(candidate) == "signature_differs"


def test_outputs_may_differ_where_they_are_not_checked_and_inputs_may_not() -> None:
    other_output = program(outputs=("float16[7]",), dtypes={"f16"})
    other_input = program(inputs=("float32[3]", "float32[4]"))

    assert reason(other_output, check_outputs=False) is None
    assert reason(other_input, check_outputs=False) == "signature_differs"


def test_an_input_that_only_the_candidate_ignores_is_refused_by_name() -> None:
    found = refusal(program(unused_inputs=(1,)), program(), check_outputs=True, rtol=None)

    assert found is not None
    assert found.reason == "inputs_unused"
    assert "args[1]" in found.text
    assert reason(program(unused_inputs=(1,)), program(unused_inputs=(1,))) is None


def test_a_mebibyte_of_constants_more_than_the_baseline_is_refused() -> None:
    big = 2**20 + 1

    assert reason(program(const_bytes=big)) == "constants_baked_in"
    assert reason(program(const_bytes=big), program(const_bytes=big)) is None


def test_calls_that_are_not_on_the_list_are_refused_in_any_program() -> None:
    found = foreign_calls(Facts((), (), custom_calls={"run_anything"}))

    assert found is not None
    assert found.reason == "custom_call"
    assert reason(program(custom_calls={"run_anything"})) == "custom_call"


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param({"dtypes": {"f32", "bf16"}}, id="bf16"),
        pytest.param({"dtypes": {"f8E4M3FN"}}, id="float8"),
        pytest.param({"dot_algorithms": {"tf32"}}, id="algorithm of a product"),
    ],
)
def test_coarser_types_than_the_baselines_are_a_downgrade(facts: dict[str, Any]) -> None:
    assert reason(program(**facts)) == "precision_downgrade"
    assert reason(program(**facts), program(**facts)) is None


def test_a_lower_precision_of_products_is_a_downgrade() -> None:
    assert reason(program(dot_precision=0), program(dot_precision=2)) == "precision_downgrade"
    assert reason(program(dot_precision=2), program(dot_precision=0)) is None
    assert reason(program(dot_precision=0), program(dot_precision=None)) is None


def test_coarse_types_are_fine_where_the_contract_is_coarse_or_the_caller_accepts_them() -> None:
    coarse = program(dtypes={"bf16"})
    contract = program(outputs=("bfloat16[3]",))

    assert reason(program(outputs=("bfloat16[3]",), dtypes={"bf16"}), contract) is None
    assert reason(coarse, rtol=0.02) is None
    assert reason(coarse, rtol=0.01) == "precision_downgrade"
    assert reason(coarse, check_outputs=False) is None
