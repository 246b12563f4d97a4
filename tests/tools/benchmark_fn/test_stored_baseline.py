"""A program that one call stored is the baseline of the next one."""

from collections.abc import Callable
from typing import Any

import pytest

from jax_workbench.tools.benchmark_fn.plan import plan
from jax_workbench.tools.benchmark_fn.stored_program import MAGIC, artifact_of, read
from jax_workbench.tools.contract import Saved
from jax_workbench.tools.errors import ToolError
from tests.tools.benchmark_fn.asking import OTHER, PRODUCT, RENAMED, TWICE, ask, codes

pytestmark = pytest.mark.anyio

type MakeJobs = Callable[..., Any]

SPD = [{"shape": [96, 96], "distribution": "spd"}]
URI = "workbench://runs/20260101t000000-benchmark_fn-0123456789abcdef/program_a.bin"


async def stored_program(make_jobs: MakeJobs, code: str, **arguments: Any) -> bytes:
    jobs = make_jobs()
    await plan(ask(code, **arguments), jobs)
    (kept,) = [saved for saved in jobs.kept if saved.name == "program_a.bin"]
    return kept.content


def moved(content: bytes, **machine: str) -> bytes:
    """The same program, as if another machine had stored it."""
    header, blob = read(content, "it")
    changed = header.machine.model_copy(update=machine)
    saved = artifact_of(header.model_copy(update={"machine": changed}), blob)
    assert isinstance(saved, Saved)
    return saved.content


async def refusal(jobs: Any, *codes: str, **arguments: Any) -> ToolError:
    with pytest.raises(ToolError) as refused:
        await plan(ask(*codes, **arguments), jobs)
    return refused.value


async def test_the_stored_program_is_timed_again_beside_the_new_one(make_jobs: MakeJobs) -> None:
    stored = await stored_program(make_jobs, PRODUCT, inputs=SPD)
    jobs = make_jobs(inputs={"program_a.bin": stored})

    answer = await plan(ask(TWICE, baseline=URI, inputs=SPD, rtol=1e-2), jobs)

    assert answer.result
    (found,) = answer.result.comparisons
    assert (found.baseline, found.candidate) == ("a (stored)", "a")
    assert found.verdict == "slower"
    assert [variant.name for variant in answer.result.variants] == ["a (stored)", "a"]
    assert all(variant.wall_us for variant in answer.result.variants)
    assert "stored_baseline" in codes(answer)


async def test_code_that_did_not_change_is_the_same_program(make_jobs: MakeJobs) -> None:
    stored = await stored_program(make_jobs, PRODUCT)
    jobs = make_jobs(inputs={"program_a.bin": stored})

    answer = await plan(ask(RENAMED, baseline="program_a.bin"), jobs)

    assert answer.result
    (found,) = answer.result.comparisons
    assert (found.verdict, found.reason) == ("same", "identical_program")


async def test_new_code_that_computes_something_else_is_rejected(make_jobs: MakeJobs) -> None:
    stored = await stored_program(make_jobs, PRODUCT)
    jobs = make_jobs(inputs={"program_a.bin": stored})

    answer = await plan(ask(OTHER, baseline="program_a.bin"), jobs)

    assert answer.status == "rejected"
    assert "outputs_differ" in codes(answer)


@pytest.mark.parametrize(
    ("machine", "said"),
    [
        ({"jaxlib": "0.1.2"}, "jaxlib 0.1.2 (now "),
        ({"processor": "Another CPU"}, "processor Another CPU (now "),
        ({"platform": "gpu", "device": "NVIDIA X"}, "platform gpu (now cpu), device NVIDIA X (now"),
    ],
)
async def test_other_versions_and_devices_are_refused(
    make_jobs: MakeJobs, machine: dict[str, str], said: str
) -> None:
    stored = moved(await stored_program(make_jobs, PRODUCT), **machine)

    refused = await refusal(
        make_jobs(inputs={"program_a.bin": stored}), RENAMED, baseline="program_a.bin"
    )

    assert refused.code == "unsupported"
    assert said in refused.cause


async def test_inputs_of_another_shape_are_refused_with_both_shapes(make_jobs: MakeJobs) -> None:
    stored = await stored_program(make_jobs, PRODUCT)

    refused = await refusal(
        make_jobs(inputs={"program_a.bin": stored}),
        PRODUCT,
        baseline="program_a.bin",
        inputs=[{"shape": [32, 32]}],
    )

    assert refused.code == "bad_argument"
    assert "takes float32[96, 96]; the inputs of this call are float32[32, 32]" in refused.cause


@pytest.mark.parametrize(
    ("content", "arguments", "said"),
    [
        (b"no program", {}, "is no program that benchmark_fn stored"),
        (MAGIC + b'{"name": "a"}\n...', {}, "is no program that benchmark_fn stored"),
        (None, {}, "is no program that benchmark_fn stored"),
    ],
)
async def test_what_is_no_stored_program_is_refused(
    make_jobs: MakeJobs, content: bytes | None, arguments: dict[str, Any], said: str
) -> None:
    inputs = {} if content is None else {"program_a.bin": content}

    refused = await refusal(make_jobs(inputs=inputs), PRODUCT, baseline=URI, **arguments)

    assert refused.code == "bad_argument"
    assert said in refused.cause


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"mode": "as_called"}, "no Python to call"),
        ({"sweep": {"n": [8, 16]}, "inputs": [{"shape": ["n", "n"]}]}, "has one size"),
        ({"x64": True}, "stored with x64 False and devices 1; this call has x64 True"),
    ],
)
async def test_calls_that_a_stored_program_does_not_fit_are_refused(
    make_jobs: MakeJobs, arguments: dict[str, Any], said: str
) -> None:
    stored = await stored_program(make_jobs, PRODUCT)

    refused = await refusal(
        make_jobs(inputs={"program_a.bin": stored}), PRODUCT, baseline=URI, **arguments
    )

    assert refused.code == "bad_argument"
    assert said in refused.cause


async def test_a_garbled_program_is_unreadable_and_no_crash(make_jobs: MakeJobs) -> None:
    stored = await stored_program(make_jobs, PRODUCT)
    garbled = stored.replace(b"ML\xefR", bytes(4))

    refused = await refusal(
        make_jobs(inputs={"program_a.bin": garbled}), PRODUCT, baseline="program_a.bin"
    )

    assert refused.code == "unsupported"
    assert "unreadable" in refused.cause


async def test_a_rejected_variant_is_not_stored(make_jobs: MakeJobs) -> None:
    jobs = make_jobs()

    await plan(ask(PRODUCT, OTHER), jobs)

    names = {saved.name for saved in jobs.kept}
    assert "program_a.bin" in names
    assert "program_b.bin" not in names


async def test_a_variant_of_that_name_comes_before_a_file(make_jobs: MakeJobs) -> None:
    answer = await plan(ask(PRODUCT, RENAMED, baseline="b"), make_jobs(inputs={"b": b"text"}))

    assert answer.result
    assert answer.result.comparisons[0].baseline == "b"
