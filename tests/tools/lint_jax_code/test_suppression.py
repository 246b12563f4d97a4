import pytest

from jax_workbench.tools.lint_jax_code.fixing import fixed
from jax_workbench.tools.lint_jax_code.linting import lint_text

HEAD = "import jax\nk = jax.random.key(0)\na = jax.random.normal(k)\n"
AGAIN = "b = jax.random.normal(k)"


def codes(text: str, *select: str) -> list[str]:
    return [hit.rule.code for hit in lint_text(text, select=select).shown]


@pytest.mark.parametrize(
    "comment",
    [
        "# noqa",
        "# noqa: JAX301",
        "# noqa: jax301",
        "# noqa:E501,JAX3",
        "# noqa: JAX301 both draws are to be equal",
        "# noqa: JAX301, because JAX is asked twice",
        "# type: ignore  # noqa: JAX301",
        "# jax-workbench: ignore[JAX301] both draws are to be equal",
        "# jax-workbench: ignore[NNX, JAX301]",
    ],
)
def test_a_comment_takes_back_the_finding_of_its_line(comment: str) -> None:
    assert "JAX301" not in codes(f"{HEAD}{AGAIN}  {comment}\n")


@pytest.mark.parametrize(
    "comment",
    [
        "# noqa: E501",
        "# noqa: JAX101 as JAX traces it",
        "# noqa: on purpose",
        "# jax-workbench: ignore[]",
        "# JAX301",
    ],
)
def test_a_comment_about_something_else_takes_nothing_back(comment: str) -> None:
    assert "JAX301" in codes(f"{HEAD}{AGAIN}  {comment}\n")


@pytest.mark.parametrize(
    ("line", "mended"),
    [
        ("c = 1  # noqa: JAX301", "c = 1"),
        ("c = 1  # noqa: JAX301 a reason", "c = 1"),
        ("c = 1  # noqa: E501, JAX301", "c = 1  # noqa: E501"),
        ("c = 1  # noqa: JAX301  # type: ignore", "c = 1  # type: ignore"),
        ("c = 1  # type: ignore  # noqa: JAX301", "c = 1  # type: ignore"),
        (f"{AGAIN}  # noqa: JAX301, JAX101", f"{AGAIN}  # noqa: JAX301"),
        (
            f"{AGAIN}  # jax-workbench: ignore[NNX,JAX301] why",
            f"{AGAIN}  # jax-workbench: ignore[JAX301] why",
        ),
    ],
)
def test_of_an_unused_comment_only_our_part_is_taken_out(line: str, mended: str) -> None:
    text = f"{HEAD}{line}\n"

    found = codes(text)
    after = fixed(text)

    assert found == ["JAX001"]
    assert after == f"{HEAD}{mended}\n"


@pytest.mark.parametrize(
    ("comment", "select"),
    [("# noqa: JAX101", ["JAX3"]), ("# noqa: JAX101", ["NNX"]), ("# noqa: JAX002", [])],
)
def test_a_comment_is_not_unused_where_nobody_looked(comment: str, select: list[str]) -> None:
    assert "JAX001" not in codes(f"{HEAD}c = 1  {comment}\n", *select)
