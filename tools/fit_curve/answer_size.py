"""Keeps an answer short however much there is to say: the most decisive first. In the worker."""

from collections import Counter
from collections.abc import Sequence

from jax_workbench.tools.contract import Note
from jax_workbench.tools.fit_curve import Estimate, FitCurveResult, Reason

MOST_BYTES = 8200
"""Of the JSON of an answer; the envelope around it takes some 1500 more."""
MOST_REASONS = 8
MOST_ALIKE = 3
"""Reasons of one code that are told; of the others their number."""
MOST_MESSAGE = 240
MOST_FIX = 160
MOST_NAME = 80
MOST_NOTE = 300
MOST_RIVAL = 200
"""Characters of a model of `compare`."""
FEWEST_PREDICTED = 5
FEWEST_CORRELATIONS = 2


def cut(text: str, most: int) -> str:
    """`text`, shortened at its end."""
    return text if len(text) <= most else text[: most - 3] + "..."


def told(reasons: Sequence[Reason]) -> tuple[tuple[Reason, ...], list[Note]]:
    """The first reasons of each code, shortened, and a note that counts the others."""
    shown: list[Reason] = []
    seen: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    for reason in reasons:
        if seen[reason.code] == MOST_ALIKE or len(shown) == MOST_REASONS:
            left_out[reason.code] += 1
            continue
        seen[reason.code] += 1
        shown.append(shortened(reason))
    if not left_out:
        return tuple(shown), []
    counts = ", ".join(f"{code} ({n})" for code, n in left_out.items())
    text = f"More reasons like these were left out: {counts}. Look into parameters.csv for se."
    return tuple(shown), [Note(code="reasons_left_out", severity="warning", text=text)]


def shortened(reason: Reason) -> Reason:
    """A reason whose texts do not run on with the names of the parameters."""
    return reason.model_copy(
        update={
            "message": cut(reason.message, MOST_MESSAGE),
            "parameter": cut(reason.parameter, MOST_NAME) if reason.parameter else None,
            "fix": cut(reason.fix, MOST_FIX),
        }
    )


def with_short_texts(result: FitCurveResult) -> FitCurveResult:
    """Names and models cut where they are long; the artifacts have them whole."""
    return result.model_copy(
        update={
            "parameters": tuple(
                one.model_copy(update={"name": cut(one.name, MOST_NAME)})
                for one in result.parameters
            ),
            "correlations": tuple(
                pair.model_copy(update={"a": cut(pair.a, MOST_NAME), "b": cut(pair.b, MOST_NAME)})
                for pair in result.correlations
            ),
            "comparison": tuple(
                rival.model_copy(update={"model": cut(rival.model, MOST_RIVAL)})
                for rival in result.comparison
            ),
        }
    )


def cut_to_size(result: FitCurveResult) -> tuple[FitCurveResult, bool]:
    """Leave out what the artifacts hold as well until the JSON is short."""
    result = with_short_texts(result)
    is_cut = False
    while len(result.model_dump_json()) > MOST_BYTES:
        is_cut = True
        if len(result.prediction) > FEWEST_PREDICTED:
            result = result.model_copy(update={"prediction": result.prediction[::2]})
        elif len(result.code) > 200:  # noqa: PLR2004
            result = result.model_copy(update={"code": "# see the artifact reproduce.py\n"})
        elif len(result.correlations) > FEWEST_CORRELATIONS:
            kept = result.correlations[:FEWEST_CORRELATIONS]
            result = result.model_copy(update={"correlations": kept})
        elif len(result.parameters) > 1:
            result = result.model_copy(update={"parameters": fewer(result.parameters)})
        else:
            break
    return result, is_cut


def fewer(parameters: tuple[Estimate, ...]) -> tuple[Estimate, ...]:
    """Three quarters of them, those that the data leave in doubt first."""
    doubtful_first = sorted(parameters, key=lambda one: one.identifiable and not one.at_bound)
    return tuple(doubtful_first[: max(len(parameters) * 3 // 4, 1)])
