from typing import Any

import pytest

from jax_workbench.tools.common.user_code import load_module
from jax_workbench.tools.common.user_traceback import TEXT_LIMIT, user_traceback
from jax_workbench.tools.errors import ToolError


def traceback_of(code: str) -> str:
    """The traceback of `code`, which raises."""
    with pytest.raises(ToolError) as raised:
        load_module(code, "code")
    return raised.value.cause


def test_the_message_comes_first_then_the_users_lines() -> None:
    code = "def g(x):\n    return 1 + x / 0\n\ndef f(x):\n    return g(x)\n\nf(1)\n"

    text = traceback_of(code)

    assert text.splitlines() == [
        "ZeroDivisionError: division by zero",
        "  line 7",
        "    f(1)",
        "  line 5, in f",
        "    return g(x)",
        "           ^^^^",
        "  line 2, in g",
        "    return 1 + x / 0",
        "               ^^^^^",
    ]


def test_carets_stand_under_characters_where_text_before_them_is_wider_in_bytes() -> None:
    text = traceback_of("x = ['äöü', 1 / 0]")

    assert text.splitlines()[2:] == ["    x = ['äöü', 1 / 0]", "                ^^^^^"]


def test_library_frames_become_one_line() -> None:
    code = "import json\njson.loads('[')\n"

    text = traceback_of(code)

    assert text.splitlines()[1:] == [
        "  line 2",
        "    json.loads('[')",
        "  raised in json.decoder.JSONDecoder.raw_decode",
    ]


def test_library_frames_between_the_users_own_become_one_line() -> None:
    code = "import functools\nfunctools.reduce(lambda a, b: a / b, [1, 0])\n"
    through_python = (
        "import json\n\ndef no(x):\n    raise TypeError('no')\n\njson.dumps({1, 2}, default=no)\n"
    )

    assert "frames of" not in traceback_of(code)
    assert "  (3 frames of json)" in traceback_of(through_python).splitlines()


def test_an_error_inside_jit_shows_the_line_of_the_function() -> None:
    code = (
        "import jax\nimport jax.numpy as jnp\n\n"
        "@jax.jit\ndef f(w, x):\n    return (w @ x).sum()\n\n"
        "f(jnp.ones(3), jnp.ones(4))\n"
    )

    lines = traceback_of(code).splitlines()

    assert lines[0].startswith("TypeError: dot_general requires contracting dimensions")
    assert [line for line in lines if line.startswith("  line")] == ["  line 8", "  line 6, in f"]
    assert not any("site-packages" in line for line in lines)


def test_a_traceback_inside_a_message_is_cut_too() -> None:
    """XLA puts the whole traceback of a callback into the message."""
    code = (
        "import jax\n\ndef no(x):\n    raise ValueError('from the callback')\n\n"
        "jax.pure_callback(no, jax.ShapeDtypeStruct((), 'float32'), 1.0).block_until_ready()\n"
    )

    text = traceback_of(code)

    assert '  File "<code>", line 4, in no\nValueError: from the callback' in text
    assert "site-packages" not in text


def test_causes_and_contexts_follow() -> None:
    code = (
        "try:\n    {}['a']\nexcept KeyError as error:\n"
        "    try:\n        raise ValueError('b') from error\n"
        "    except ValueError:\n        raise TypeError('c')\n"
    )

    heads = [line for line in traceback_of(code).splitlines() if not line.startswith(" ")]

    assert heads == [
        "TypeError: c",
        "while handling ValueError: b",
        "caused by KeyError: 'a'",
    ]


def test_a_suppressed_context_is_not_shown() -> None:
    code = "try:\n    1 / 0\nexcept ZeroDivisionError:\n    raise ValueError('b') from None\n"

    assert "ZeroDivisionError" not in traceback_of(code)


def test_notes_and_members_of_a_group_are_shown() -> None:
    code = (
        "error = ExceptionGroup('two', [ValueError('a'), KeyError('b')])\n"
        "error.add_note('a note')\nraise error\n"
    )

    assert traceback_of(code).splitlines()[:4] == [
        "ExceptionGroup: two (2 sub-exceptions)",
        "a note",
        "  | ValueError: a",
        "  | KeyError: 'b'",
    ]


def test_a_recursion_shows_its_first_and_last_frames() -> None:
    lines = traceback_of("def f(n):\n    return f(n + 1)\n\nf(0)\n").splitlines()

    assert lines[0].startswith("RecursionError: maximum recursion depth exceeded")
    assert lines.count("  (more such frames)") == 1
    assert len(lines) < 50


def test_a_cycle_of_causes_ends() -> None:
    code = "a, b = ValueError('a'), ValueError('b')\na.__cause__, b.__cause__ = b, a\nraise a\n"

    assert traceback_of(code).count("ValueError") == 2


HOSTILE = {
    "text that raises": "def __str__(self): raise SystemExit",
    "text that is no text": "def __str__(self): return 3",
    "text without end": "def __str__(self): return 'x' * 10**6",
    "text with a surrogate": "def __str__(self): return '\\ud800'",
    "a cause of its own making": "__cause__ = property(lambda self: E())",
    "a context of its own making": "__context__ = property(lambda self: E())",
    "a traceback of its own making": "__traceback__ = property(lambda self: 1 / 0)",
    "notes of its own making": "__notes__ = property(lambda self: 1 / 0)",
    "another class": "__class__ = property(lambda self: SyntaxError)",
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_an_exception_of_a_hostile_class_is_shown_all_the_same(body: str) -> None:
    text = traceback_of(f"class E(Exception):\n    {body}\n\nraise E\n")

    assert text.startswith("E")
    assert "  line 4\n    raise E" in text
    assert len(text) <= TEXT_LIMIT
    assert text.encode()


def test_a_class_whose_metaclass_hides_its_name_is_named() -> None:
    code = (
        "class M(type):\n    __name__ = property(lambda self: 1 / 0)\n\n"
        "class E(Exception, metaclass=M):\n    pass\n\nraise E\n"
    )

    assert traceback_of(code).startswith("E\n")


def test_lines_of_several_files_are_named_by_file() -> None:
    def call(function: Any) -> BaseException:
        try:
            function()
        except ZeroDivisionError as error:
            return error
        raise AssertionError

    module = load_module("def f():\n    1 / 0\n", "b")

    text = user_traceback(call(module.f), ("<a>", "<b>"))

    assert "  <b> line 2, in f" in text.splitlines()
