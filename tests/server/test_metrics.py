"""The numbers that a dashboard reads, in the format that Prometheus reads."""

from dataclasses import replace

from prometheus_client.parser import text_string_to_metric_families

from jax_workbench.server.metrics import Metrics
from tests.server.conftest import FakePool


def samples(metrics: Metrics, **status: object) -> dict[tuple[str, str, str], float]:
    """What another reader of the format makes of it, by name, tool and outcome or bound."""
    now = replace(FakePool().status(), **status)
    found: dict[tuple[str, str, str], float] = {}
    for family in text_string_to_metric_families(metrics.text(now, n_unfinished=3)):
        for sample in family.samples:
            labels = sample.labels
            mark = labels.get("outcome") or labels.get("le") or labels.get("tier") or ""
            found[sample.name, labels.get("tool", ""), mark] = sample.value
    return found


def test_jobs_are_counted_by_tool_and_outcome() -> None:
    metrics = Metrics()
    for outcome in ("ok", "ok", "timed_out"):
        metrics.count_job("fit_curve", outcome, 1.0, None)

    found = samples(metrics)

    assert found["jax_workbench_jobs_total", "fit_curve", "ok"] == 2
    assert found["jax_workbench_jobs_total", "fit_curve", "timed_out"] == 1


def test_a_histogram_holds_every_value_in_all_buckets_from_its_own_on() -> None:
    metrics = Metrics()
    for elapsed_s in (0.05, 0.1, 3.0, 1000.0):
        metrics.count_job("fit_curve", "ok", elapsed_s, 0.5)

    found = samples(metrics)

    name = "jax_workbench_job_duration_seconds"
    bucket = {le: n for (which, _, le), n in found.items() if which == f"{name}_bucket"}
    assert (bucket["0.1"], bucket["0.25"], bucket["2.5"], bucket["5.0"]) == (2, 2, 2, 3)
    assert (bucket["600.0"], bucket["+Inf"]) == (3, 4)
    assert found[f"{name}_count", "fit_curve", ""] == 4
    assert found[f"{name}_sum", "fit_curve", ""] == 1003.15
    assert found["jax_workbench_job_queue_seconds_sum", "fit_curve", ""] == 2


def test_the_queue_of_a_failed_call_is_not_known_and_not_counted() -> None:
    metrics = Metrics()
    metrics.count_job("fit_curve", "timed_out", 1.0, None)

    names = {name for name, _, _ in samples(metrics)}

    assert "jax_workbench_job_duration_seconds_sum" in names
    assert "jax_workbench_job_queue_seconds_sum" not in names


def test_the_pool_and_the_process_are_shown_as_they_are_now() -> None:
    found = samples(Metrics(), n_running=2, n_queued=5, problem="no bubblewrap")

    assert found["jax_workbench_jobs_running", "", ""] == 2
    assert found["jax_workbench_jobs_queued", "", ""] == 5
    assert found["jax_workbench_calls_unfinished", "", ""] == 3
    assert found["jax_workbench_sandbox_up", "", "full"] == 0
    assert found["process_resident_memory_bytes", "", ""] > 2**20
    assert found["process_open_fds", "", ""] > 2
