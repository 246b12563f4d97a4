"""Programs that live on to a client's next call."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import pytest

from jax_workbench.tools.run_mcmc.stored_program import compiled, digest, text_of

X = jnp.arange(3.0)


@pytest.fixture
def kept_in(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "kept"
    folder.mkdir()
    jax.config.update("jax_compilation_cache_dir", str(folder))
    yield folder
    jax.config.update("jax_compilation_cache_dir", None)


def counting(times: list[int]) -> Callable[[Any], Any]:
    def double(point: Any) -> Any:
        times.append(1)
        return {"y": 2 * point["x"]}

    return double


def traced(folder: Path) -> list[Path]:
    return sorted(folder.glob("traced-*"))


def test_a_program_that_is_there_is_not_traced_again(kept_in: Path) -> None:
    times: list[int] = []
    arguments, gives = ({"x": X},), {"y": X}
    compiled(counting(times), arguments, gives, digest("double"))

    again = compiled(counting(times), arguments, gives, digest("double"))

    assert len(traced(kept_in)) == 1
    assert len(times) == 1
    assert again({"x": X})["y"].tolist() == [0, 2, 4]


def test_another_shape_or_key_is_another_program(kept_in: Path) -> None:
    gives = {"y": X}
    compiled(counting([]), ({"x": X},), gives, digest("double"))
    compiled(counting([]), ({"x": X[:2]},), gives, digest("double"))
    compiled(counting([]), ({"x": X},), gives, digest("other"))

    assert len(traced(kept_in)) == 3


def test_a_file_that_holds_no_program_is_traced_over(kept_in: Path) -> None:
    compiled(counting([]), ({"x": X},), {"y": X}, digest("double"))
    traced(kept_in)[0].write_bytes(b"nonsense")

    again = compiled(counting([]), ({"x": X},), {"y": X}, digest("double"))

    assert again({"x": X})["y"].tolist() == [0, 2, 4]


def test_without_a_folder_or_a_key_nothing_is_left_behind(kept_in: Path) -> None:
    compiled(counting([]), ({"x": X},), {"y": X}, "")
    jax.config.update("jax_compilation_cache_dir", None)

    run = compiled(counting([]), ({"x": X},), {"y": X}, digest("double"))

    assert traced(kept_in) == []
    assert run({"x": X})["y"].tolist() == [0, 2, 4]


def test_a_program_that_cannot_be_kept_still_runs(kept_in: Path) -> None:
    def one_more(point: Any) -> Any:
        return point + 1

    def called_back(point: Any) -> Any:
        return jax.pure_callback(one_more, jax.typeof(point), point)

    run = compiled(called_back, (X,), X, digest("callback"))

    assert traced(kept_in) == []
    assert run(X).tolist() == [1, 2, 3]


def test_the_text_of_a_function_tells_constants_apart() -> None:
    def text_with(constant: jax.Array) -> str:
        def product(x: jax.Array) -> jax.Array:
            return (x * constant).sum()

        return text_of(product, jnp.ones(1000))

    one, other = jnp.arange(1000.0), jnp.arange(1000.0).at[517].set(0.0)

    assert text_with(one) == text_with(jnp.arange(1000.0))
    assert text_with(one) != text_with(other)
