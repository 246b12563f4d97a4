import pytest

from jax_workbench.tools.errors import ToolError
from jax_workbench.tools.run_jax_code.cell import NO_VALUE, run_cell

pytestmark = pytest.mark.usefixtures("job")


def failure(code: str) -> ToolError:
    with pytest.raises(ToolError) as raised:
        run_cell(code)
    return raised.value


@pytest.mark.parametrize(
    ("code", "value"),
    [
        pytest.param("x = 2\nx + 1", 3, id="last expression"),
        pytest.param("1\n2", 2, id="only the last"),
        pytest.param("'text'", "text", id="text alone"),
        pytest.param("(\n  1,\n  2,\n)  # a comment ;", (1, 2), id="several lines"),
        pytest.param("None", None, id="none"),
        pytest.param("x = 1; x", 1, id="after a semicolon"),
        pytest.param("'a;'", "a;", id="semicolon in text"),
        pytest.param("from __future__ import annotations\n1", 1, id="future"),
        pytest.param("__name__", "__main__", id="name"),
        pytest.param("import sys; len(sys.argv)", 1, id="arguments"),
        pytest.param("import __main__\nx = 5\n__main__.x", 5, id="main module"),
    ],
)
def test_the_last_expression_is_the_value(code: str, value: object) -> None:
    assert run_cell(code) == value


@pytest.mark.parametrize(
    "code",
    ["x = 1", "1;", "1 ;  # comment", "f = len; f([\n1\n]);", "if True:\n    1", "# no", "\n"],
)
def test_without_a_last_expression_there_is_no_value(code: str) -> None:
    assert run_cell(code) is NO_VALUE


@pytest.mark.parametrize("status", ["", "None", "0", "False"])
def test_leaving_with_success_is_a_normal_end(status: str) -> None:
    assert run_cell(f"raise SystemExit({status})\n1 / 0") is NO_VALUE


@pytest.mark.parametrize("status", ["3", "'a message'", "0.0", "[]"])
def test_leaving_with_another_status_is_a_failure_that_names_it(status: str) -> None:
    error = failure(f"x = 1\nimport sys; sys.exit({status})")

    assert error.code == "user_code_failed"
    assert error.cause.startswith("SystemExit")
    assert "line 2" in error.cause


@pytest.mark.parametrize("raised", ["KeyboardInterrupt", "GeneratorExit", "BaseException('no')"])
def test_whatever_is_raised_is_a_failure_of_the_code(raised: str) -> None:
    error = failure(f"raise {raised}")

    assert error.code == "user_code_failed"
    assert error.cause.endswith(f"line 1\n    raise {raised}")


def test_the_last_expressions_line_is_named_when_it_raises() -> None:
    error = failure("x = 0\n\n1 / x")

    assert error.cause == "ZeroDivisionError: division by zero\n  line 3\n    1 / x"


def test_an_error_in_the_background_is_a_failure_of_the_code() -> None:
    """Nothing reads `y`, so nothing but the end of the cell would raise."""
    code = (
        "import jax, threading\nlet_go = threading.Event()\n\n"
        "def no(x):\n    let_go.wait(10)\n    raise ValueError('too late')\n\n"
        "number = jax.ShapeDtypeStruct((), 'float32')\n"
        "y = jax.jit(lambda x: jax.pure_callback(no, number, x))(1.0)\n"
        "let_go.set()\n"
    )

    assert "ValueError: too late" in failure(code).cause


def test_what_jitted_code_prints_is_printed_before_the_end(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run_cell("import jax\njax.jit(lambda x: jax.debug.print('x is {}', x))(2.0)")

    assert capsys.readouterr().out == "x is 2.0\n"
