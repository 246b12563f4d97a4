import json

import pytest

from jax_workbench.tools.errors import ToolError
from jax_workbench.tools.lint_jax_code import LintJaxCodeAsk
from jax_workbench.tools.lint_jax_code.findings import MAX_BYTES, report


@pytest.mark.parametrize("argument", ["select", "ignore"])
def test_a_name_that_no_rule_has_is_refused_and_not_taken_for_clean(argument: str) -> None:
    ask = LintJaxCodeAsk.model_validate({"code": "import jax\n", argument: ["JAX1", "JAX31"]})

    with pytest.raises(ToolError, match="named JAX31") as raised:
        report(ask)

    assert raised.value.code == "bad_argument"


@pytest.mark.parametrize("name", ["JAX301", "JAX3", "JAX", "nnx", "key-reuse", "JAX001", "JAX002"])
def test_codes_families_and_names_are_known(name: str) -> None:
    ask = LintJaxCodeAsk(code="import jax\n", select=(name,))

    assert report(ask)["findings"] == []


def test_many_findings_fit_into_an_answer_and_the_errors_come_first() -> None:
    one = (
        "@jax.jit\ndef f{n}(x):\n    print(x)\n    if x > 0:\n        return x\n    return -x\n\n\n"
    )
    code = "import jax\n\n" + "".join(one.replace("{n}", str(n)) for n in range(300))

    said = report(LintJaxCodeAsk(code=code))

    severities = {finding["severity"] for finding in said["findings"]}
    assert len(json.dumps(said["findings"])) <= 1.05 * MAX_BYTES
    assert (
        said["n_left_out"] + len(said["findings"])
        == said["counts"]["error"] + said["counts"]["warning"]
    )
    assert severities == {"error"}
