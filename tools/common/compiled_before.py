"""Takes what an earlier job of the same client compiled, and says so. Runs in the worker."""

from collections import Counter

import jax

from jax_workbench.tools.contract import Answer, Note

n_lookups: Counter[str] = Counter()
"""How often JAX found a program in the compile cache, and how often it asked, by event."""
ASKED, FOUND = (
    f"/jax/compilation_cache/{event}" for event in ("compile_requests_use_cache", "cache_hits")
)


WORTH_A_NOTE = 0.2


def reuse_compiled(folder: str) -> None:
    """Take compiled programs from `folder`, and leave there whatever is compiled."""
    jax.monitoring.register_event_listener(count_lookup)
    jax.config.update("jax_compilation_cache_dir", folder)
    # By default only what took a second or more: run_mcmc has 80 programs, most of them smaller.
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
    # Else XLA keeps files of its own there, in folders.
    jax.config.update("jax_persistent_cache_enable_xla_caches", "none")


def count_lookup(event: str, **_about: str | int) -> None:
    """Hear of each compilation."""
    n_lookups[event] += 1


def reused_programs() -> Note | None:
    """Say how much was not compiled anew, where that makes the times of an answer smaller.

    A few are found without an earlier call: a job compiles some small programs twice.
    """
    if n_lookups[FOUND] <= WORTH_A_NOTE * n_lookups[ASKED]:
        return None
    return Note(
        code="compiled_before",
        severity="info",
        text=f"{n_lookups[FOUND]} of {n_lookups[ASKED]} programs had been compiled before, by an "
        "earlier call of this client or by jax-workbench setup: times of compilation are not "
        "those of a fresh process.",
    )


def with_reused[A: Answer](answer: A) -> A:
    """`answer` with that note, where there is one."""
    reused = reused_programs()
    if reused is None:
        return answer
    return answer.model_copy(update={"notes": (*answer.notes, reused)})
