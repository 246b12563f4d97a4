import re
from pathlib import Path
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jax_workbench.tools.lint_jax_code.engine.rule import Rule
from jax_workbench.tools.lint_jax_code.engine.well_known import HANDED_ON
from jax_workbench.tools.lint_jax_code.fixing import fixed
from jax_workbench.tools.lint_jax_code.linting import lint_text
from jax_workbench.tools.lint_jax_code.rules import all_rules

CASES = Path(__file__).parent / "cases" / "rules.txt"
IMPORTS = """\
import math, time
from functools import partial
import jax, jax.numpy as jnp, jax.random as jr, numpy as np, optax, numpyro
import numpyro.distributions as dist
from jax import jit as J, lax
from flax import nnx
"""


def cases() -> dict[str, tuple[str, str]]:
    """The bad and the good example of each rule."""
    found: dict[str, tuple[str, str]] = {}
    for section in re.split(r"^### ", CASES.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        code, _, rest = section.partition("\n")
        bad, _, good = rest.partition("--- good\n")
        found[code] = (IMPORTS + bad, IMPORTS + good)
    return found


def found_in(text: str, code: str) -> list[int]:
    """The lines on which a rule reports."""
    linted = lint_text(text)
    return [linted.source.lines.place(h.start)[0] for h in linted.shown if h.rule.code == code]


def expected_in(text: str, code: str) -> list[int]:
    rows = text.split("\n")
    return [n for n, row in enumerate(rows, 1) if row.endswith(f"# {code}")]


def test_every_rule_has_its_cases() -> None:
    assert sorted(rule.code for rule in all_rules()) == sorted(cases())


@pytest.mark.parametrize("code", list(cases()))
def test_bad_code_is_found_on_its_line(code: str) -> None:
    bad, _ = cases()[code]

    assert found_in(bad, code) == expected_in(bad, code) != []


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ("v = jnp.ones((2, 3)).transpose(0, 1).contiguous()", "JAX801"),
        ("import orbax.checkpoint as o\no.PyTreeCheckpointer().wait_until_finished()", "ORB102"),
        ("@J\ndef f(v):\n    n = v.shape[-1] / 2\n    return v[..., :n]", "JAX407"),
        ("@J\ndef f(v, k):\n    p = jax.nn.softmax(v)\n    return jnp.log(p[k])", "JAX605"),
        ("jax.grad(lambda r: r * r)(jnp.asarray(2))", "JAX610"),
        ("t = {'a': 1}\njax.tree.map(t, lambda a, b: a + b, t)", "JAX717"),
        ("import nlsq\nnlsq.curve_fit(lambda t, a: a * np.exp(t), [1.0], [1.0])", "JAX107"),
    ],
)
def test_more_dresses_of_a_fault_are_found(rows: str, code: str) -> None:
    assert [found.rule.code for found in lint_text(IMPORTS + rows).shown] == [code]


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ("a = jnp.reshape(jnp.ones(4), newshape=(2, 2))", "JAX803"),
        ("o = nnx.Optimizer(nnx.Linear(2, 2, rngs=nnx.Rngs(0)), optax.sgd(0.1))", "NNX104"),
    ],
)
def test_an_argument_that_changed_its_name_is_told_once(call: str, code: str) -> None:
    assert [found.rule.code for found in lint_text(IMPORTS + call).shown] == [code]


@pytest.mark.parametrize("code", list(cases()))
def test_good_code_is_silent(code: str) -> None:
    _, good = cases()[code]

    loud = [h.message for h in lint_text(good).shown if h.severity != "info"]

    assert found_in(good, code) == []
    assert loud == []


@pytest.mark.parametrize("code", list(cases()))
def test_safe_fixes_parse_and_mend(code: str) -> None:
    bad, _ = cases()[code]
    fixes = [h.fix for h in lint_text(bad).shown if h.rule.code == code]

    after = fixed(bad, level="safe")

    assert lint_text(after).source.broken is None
    if any(fix is not None and fix.applicability == "safe" for fix in fixes):
        assert found_in(after, code) == []


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)
def test_every_rule_has_a_page(rule: Rule) -> None:
    assert rule.headline.endswith(".")
    assert rule.why
    assert "## Use instead" in rule.page


def test_a_list_is_found_where_the_caller_leaves_the_question_open() -> None:
    text = IMPORTS + (
        "def averaged(parts, kinds=None):\n"
        "    if kinds is None:\n"
        "        return jnp.mean(parts, axis=0)  # JAX408\n"
        "    return jnp.stack(parts)\n"
        "out = averaged([3.0, 4.0])\n"
    )

    found = found_in(text, "JAX408")

    assert found == expected_in(text, "JAX408") != []


def test_a_cast_is_found_where_no_argument_was_bound_beforehand() -> None:
    text = IMPORTS + (
        "def bounded(v):\n"
        "    def turn(w, top=None):\n"
        "        if top is None:\n"
        "            top = int(jnp.sum(w))  # JAX106\n"
        "        return w[:2] * top\n"
        "    return lax.cond(True, turn, lambda w: w[:2], v)\n"
    )

    found = found_in(text, "JAX106")

    assert found == expected_in(text, "JAX106") != []


def test_what_is_none_on_one_way_only_stays_open_behind_it() -> None:
    text = IMPORTS + (
        "@jax.jit\n"
        "def settle(v, old, rows):\n"
        "    for row in rows:\n"
        "        if old is None:\n"
        "            return row\n"
        "    if old is None:\n"
        "        return 1 if jnp.all(v > 0) else 0  # JAX101\n"
        "    return v\n"
    )

    found = found_in(text, "JAX101")

    assert found == expected_in(text, "JAX101") != []


@pytest.mark.parametrize("name", sorted(HANDED_ON))
def test_numpy_takes_a_traced_array_where_its_functions_are_let_through(name: str) -> None:
    more = {"reshape": (-1,), "repeat": (2,), "swapaxes": (0, 1), "moveaxis": (0, 1)}.get(name, ())

    def applied(v: Any) -> Any:
        return getattr(np, name)(v, *more)

    given = cast("Any", jax.jit(applied)(jnp.ones((2, 2))))

    assert isinstance(given, jax.Array)


def test_a_sampler_is_known_by_any_name() -> None:
    text = """from numpyro.infer import NUTS as Sampler
def model():
    return numpyro.sample("z", dist.Poisson(2.0))
kernel = Sampler(model)
"""
    assert [found.rule.code for found in lint_text(IMPORTS + text).shown] == ["NPR110"]


def test_a_class_whose_registration_may_name_static_fields_is_not_taken_for_leaves() -> None:
    text = """from dataclasses import dataclass
@dataclass
class Sized:
    v: jax.Array
    n: int
jax.tree_util.register_dataclass(Sized, data_fields=["v"], meta_fields=["n"])
@J
def doubled(s):
    return s.v * 2 if s.n > 2 else s.v
doubled(Sized(jnp.ones(2), n=3))
"""
    assert [found.rule.code for found in lint_text(IMPORTS + text).shown] == []
