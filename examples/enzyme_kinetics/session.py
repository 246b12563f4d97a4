"""Does puromycin change an enzyme's affinity, or only its top speed? Two fits that answer it.

python -m examples.enzyme_kinetics.session

Data: Bates and Watts, Nonlinear Regression Analysis and Its Applications (1988), table A1.3, as
the data set Puromycin of R. Concentration in ppm, rate in counts/min^2.
"""

from pathlib import Path
from typing import Any

from examples.session import Session, record

CONCENTRATION = [0.02, 0.02, 0.06, 0.06, 0.11, 0.11, 0.22, 0.22, 0.56, 0.56, 1.10, 1.10]
TREATED = [76, 47, 97, 107, 123, 139, 159, 152, 191, 201, 207, 200]
UNTREATED = [67, 51, 84, 86, 98, 115, 131, 124, 144, 158, 160]
LOW = 6
"""Rows of the lowest concentrations."""
ROWS = [
    *((c, 1, rate) for c, rate in zip(CONCENTRATION, TREATED, strict=True)),
    *((c, 0, rate) for c, rate in zip(CONCENTRATION[:-1], UNTREATED, strict=True)),
]
TABLE = "conc,treated,rate\n" + "\n".join(f"{c},{t},{rate}" for c, t, rate in ROWS) + "\n"
BOTH_DIFFER = "(V + dV*treated)*conc/(K + dK*treated + conc)"
SAME_K = "(V + dV*treated)*conc/(K + conc)"


async def talk(session: Session) -> None:
    """Fit too few data, then all of one condition, then both conditions together."""
    session.say("# Enzyme kinetics with honest intervals")
    session.say(
        "Rates of an enzyme at six concentrations of its substrate, in cells treated with "
        "puromycin and in untreated ones (Bates and Watts 1988, table A1.3)."
    )
    few = await session.ask(
        "fit_curve",
        "Treated cells, only the three lowest concentrations",
        model="michaelis_menten",
        x=CONCENTRATION[:LOW],
        y=TREATED[:LOW],
    )
    say_parameters(session, few)
    treated = await session.ask(
        "fit_curve",
        "All concentrations, and does the substrate inhibit?",
        model="michaelis_menten",
        x=CONCENTRATION,
        y=TREATED,
        compare=["substrate_inhibition"],
        x_label="substrate / ppm",
        y_label="rate / counts/min^2",
    )
    session.keep_picture()
    say_parameters(session, treated)
    best = max(treated["result"]["comparison"], key=lambda row: row["weight"])
    session.conclude(
        f"`{treated['status']}`; the model with the most weight is `{best['model']}`. The "
        f"intervals from three concentrations {'hold' if all_held(few, treated) else 'miss'} what "
        "six give: they are wide because three cannot say more."
    )
    table = {"data": TABLE, "x": ["conc", "treated"], "y": ["rate"]}
    both = await session.ask(
        "fit_curve",
        "Both conditions: may top speed and affinity differ?",
        model=BOTH_DIFFER,
        compare=[SAME_K],
        **table,
    )
    say_parameters(session, both)
    by_name = {parameter["name"]: parameter for parameter in both["result"]["parameters"]}
    session.conclude(
        f"`{both['status']}`; reasons: {reasons(both)}. The interval of dV "
        f"{zero(by_name['dV'])}, that of dK {zero(by_name['dK'])}: puromycin raises the top "
        "speed, and these data do not show that it changes the affinity."
    )


def say_parameters(session: Session, answer: dict[str, Any]) -> None:
    """Add the fitted parameters with their intervals as a table."""
    rows = [
        f"| {p['name']} | {p['value']:.4g} | {end(p['ci_low'])} to {end(p['ci_high'])} |"
        for p in answer["result"]["parameters"]
    ]
    session.say("\n".join(["| parameter | value | 95 % |", "| --- | --- | --- |", *rows]))


def all_held(wide: dict[str, Any], narrow: dict[str, Any]) -> bool:
    """Whether every interval of one fit holds the value that the other one gives."""
    pairs = zip(wide["result"]["parameters"], narrow["result"]["parameters"], strict=True)
    return all(
        (w["ci_low"] is None or w["ci_low"] <= n["value"])
        and (w["ci_high"] is None or n["value"] <= w["ci_high"])
        for w, n in pairs
    )


def end(value: float | None) -> str:
    """One end of an interval; a null end never closes."""
    return "open" if value is None else f"{value:.4g}"


def reasons(answer: dict[str, Any]) -> str:
    """The codes of all reasons, in a fixed order."""
    codes = sorted({reason["code"] for reason in answer["result"]["reasons"]})
    return ", ".join(codes) or "none"


def zero(parameter: dict[str, float | None]) -> str:
    """Whether an interval holds zero; an open end counts as holding it."""
    low, high = parameter["ci_low"], parameter["ci_high"]
    holds = (low is None or low <= 0) and (high is None or high >= 0)
    return "holds 0" if holds else "does not hold 0"


if __name__ == "__main__":
    record(talk, Path(__file__).parent)
