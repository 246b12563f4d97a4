"""The longest answers of fit_curve stay below what a model is handed."""

import json

from jax_workbench.tools.fit_curve import Reason
from jax_workbench.tools.fit_curve.answer_size import told
from tests.answer_size import MAX_TOKENS, n_tokens
from tests.tools.fit_curve.conftest import Call

ENVELOPE_TOKENS = 1500
"""Room for what the server adds: the files and the facts of the run."""


def test_many_sets_with_long_names_that_nothing_determines_fit(call: Call) -> None:
    rows = ["x,y,who"] + [
        f"{x},{n + x / 3},the set whose name is {'very ' * 30}long {n}"
        for n in range(30)
        for x in range(6)
    ]
    rivals = ["a*x+b" + "+0*x" * 100] * 2

    answer, job = call(model="(a+b)*x+c", data="\n".join(rows), group="who", compare=rivals)

    assert n_tokens(json.dumps(answer)) < MAX_TOKENS - ENVELOPE_TOKENS
    assert answer["status"] == "warn"
    assert not answer["result"]["parameters"][0]["identifiable"]
    assert job.saved["parameters.csv"].count(b"\n") == 91


def test_reasons_of_one_code_are_told_thrice_and_then_counted() -> None:
    many = [
        Reason(code="at_bound", message="held " * 200, parameter=f"a[{n}]", fix="Widen it.")
        for n in range(100)
    ]
    last = Reason(code="outliers", message="One row lies off.", fix="Leave it out.")

    shown, notes = told([*many, last])

    assert [reason.code for reason in shown] == ["at_bound"] * 3 + ["outliers"]
    assert shown[0].message.endswith("...")
    assert [note.code for note in notes] == ["reasons_left_out"]
    assert "at_bound (97)" in notes[0].text
