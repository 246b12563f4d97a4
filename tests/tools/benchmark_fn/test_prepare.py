"""What a program needs is known before it runs."""

import resource

import pytest

from jax_workbench.tools.benchmark_fn.prepare import Compiled, Refused, fits


def compiled(temp_bytes: int) -> Compiled:
    return Compiled(
        call=list,
        compile_s=0.1,
        temp_bytes=temp_bytes,
        output_bytes=2**20,
        xla_flops=None,
        xla_bytes=None,
    )


@pytest.fixture(autouse=True)
def a_job_of_2_gib(monkeypatch: pytest.MonkeyPatch) -> None:
    def limits(_which: int) -> tuple[int, int]:
        return 2**31, 2**31

    monkeypatch.setattr(resource, "getrlimit", limits)


def test_a_program_that_plans_more_memory_than_the_job_has_is_refused_before_it_runs() -> None:
    with pytest.raises(Refused) as caught:
        fits(compiled(3 * 2**30))

    assert caught.value.refusal.reason == "out_of_memory"
    assert "3073 MiB" in caught.value.refusal.text
    assert "2048 MiB" in caught.value.refusal.text


def test_a_program_that_fits_may_run() -> None:
    fits(compiled(2**30))


def test_without_a_limit_any_program_may_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(_which: int) -> tuple[int, int]:
        return resource.RLIM_INFINITY, resource.RLIM_INFINITY

    monkeypatch.setattr(resource, "getrlimit", none)

    fits(compiled(2**60))
