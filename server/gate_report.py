"""What `jax-workbench gate` found: its verdicts, as JUnit XML and as Markdown. Server only."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal
from xml.etree import ElementTree as ET

from jax_workbench.server.reply import Ending, Failed

type Outcome = Literal["ok", "slower", "undecided", "uncompared", "broken"]

SURE_FROM_ONE_PROCESS = 1.25
"""A smaller ratio may come from how one process happens to lie in memory."""
NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd]")


@dataclass(frozen=True)
class Case:
    """One comparison, or one benchmark that had nothing to be compared with."""

    benchmark: str
    name: str
    outcome: Outcome
    verdict: str
    """The tool's word, or why there is none."""
    text: str
    wall_s: float = 0
    ratio: str = ""

    def line(self) -> str:
        """The case in one line."""
        return f"{self.outcome:10} {self.benchmark}: {self.verdict} {self.ratio}".rstrip() + "\n"


def cases_of(benchmark: str, ending: Ending, *, is_stored: bool = False) -> Iterator[Case]:
    """Judge how one call of benchmark_fn ended; `is_stored` says where its baseline came from."""
    if isinstance(ending, Failed):
        # A stored program that this machine may not be held to says nothing about the code.
        outcome = "undecided" if is_stored and ending.code == "unsupported" else "broken"
        yield Case(benchmark, benchmark, outcome, ending.code, ending.text())
        return
    answer = ending.envelope
    wall_s = answer["run"]["wall_s"]
    comparisons = answer["result"]["comparisons"]
    for comparison in comparisons:
        yield _compared(benchmark, comparison, answer, wall_s / len(comparisons))
    if not comparisons:
        text = f"Nothing to compare with. {answer['summary']}"
        outcome = "ok" if answer["status"] == "measured" else "broken"
        yield Case(benchmark, benchmark, outcome, answer["status"], text, wall_s)


def without_baseline(case: Case, why: str) -> Case:
    """The case of a benchmark that was to be compared and had nothing to be compared with."""
    if case.outcome != "ok":
        return case
    return replace(case, outcome="uncompared", verdict="not_compared", text=f"{why}\n{case.text}")


def without_program(benchmark: str, why: str) -> Case:
    """The case of a benchmark whose kept program is missing: it proves nothing."""
    return Case(benchmark, benchmark, "broken", "no_program", why)


def _compared(benchmark: str, found: dict[str, Any], answer: dict[str, Any], wall_s: float) -> Case:
    name = f"{found['candidate']} against {found['baseline']}"
    if found["size"] is not None:
        name += f" at size {found['size']}"
    verdict, outcome = found["verdict"], _outcome(found)
    texts = [answer["summary"], *(note["text"] for note in answer["notes"])]
    if outcome == "undecided":
        texts.insert(0, _why_undecided(found))
    if outcome == "broken":
        texts.insert(0, f"Not comparable: {found['reason']}.")
    return Case(benchmark, name, outcome, verdict, "\n".join(texts), wall_s, _ratio(found))


def _why_undecided(found: dict[str, Any]) -> str:
    if found["verdict"] == "slower":
        return (
            "Not proven: slower in one process, and there was no time for a second. Raise "
            "time_budget_s, and timeout_s with it."
        )
    more = found["more_s"]
    hint = f" {more:.0f} s more of time_budget_s would probably decide." if more else ""
    return f"Not decided ({found['reason']}).{hint}"


def _outcome(found: dict[str, Any]) -> Outcome:
    match found["verdict"]:
        case "faster" | "same":
            return "ok"
        case "slower":
            proven = found["n_processes"] > 1 or found["time_ratio"] >= SURE_FROM_ONE_PROCESS
            return "slower" if proven else "undecided"
        case "rejected":
            return "broken"
        case _:
            return "undecided"


def _ratio(found: dict[str, Any]) -> str:
    ratio, low, high = found["time_ratio"], found["ci_low"], found["ci_high"]
    if ratio is None:
        return ""
    return f"{ratio:.3f}" if low is None or high is None else f"{ratio:.3f} [{low:.3f}, {high:.3f}]"


def as_junit(cases: Sequence[Case]) -> str:
    """JUnit XML: a slowdown is a failure, what is broken an error, what is not decided skipped."""
    tags = [ELEMENTS.get(case.outcome) for case in cases]
    root = ET.Element("testsuites")
    suite = ET.SubElement(
        root,
        "testsuite",
        name="jax-workbench gate",
        tests=str(len(cases)),
        failures=str(tags.count("failure")),
        errors=str(tags.count("error")),
        skipped=str(tags.count("skipped")),
        time=f"{sum(case.wall_s for case in cases):.3f}",
    )
    for case, tag in zip(cases, tags, strict=True):
        element = ET.SubElement(
            suite,
            "testcase",
            classname=f"gate.{case.benchmark}",
            name=NOT_XML.sub("?", case.name),
            time=f"{case.wall_s:.3f}",
        )
        text = NOT_XML.sub("?", case.text)
        if tag:
            message = f"{case.verdict} {case.ratio}".strip()
            ET.SubElement(element, tag, message=message, type=case.verdict).text = text
        else:
            ET.SubElement(element, "system-out").text = text
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


ELEMENTS = {
    "slower": "failure",
    "broken": "error",
    "undecided": "skipped",
    "uncompared": "skipped",
}
WORDS = {
    "ok": "no slowdown",
    "slower": "**slower**",
    "undecided": "not decided",
    "uncompared": "not compared",
    "broken": "**not measured**",
}


def as_markdown(cases: Sequence[Case]) -> str:
    """A table for a pull request's summary, and what was said of each that is not well."""
    lines = [
        "## Performance gate",
        "",
        "| benchmark | compared | result | time ratio [interval] |",
        "| --- | --- | --- | --- |",
        *(
            f"| {case.benchmark} | {_cell(case.name)} | {WORDS[case.outcome]} | {case.ratio} |"
            for case in cases
        ),
        "",
    ]
    for case in cases:
        if case.outcome != "ok":
            quoted = [f"    {line}" for line in case.text.splitlines()]
            lines += [f"{case.benchmark}, {_cell(case.name)}:", "", *quoted, ""]
    lines.append("A ratio above 1 is slower; only a whole interval beyond `min_effect` is proven.")
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return re.sub(r"[|<>`\[\]*\n]", " ", text)
