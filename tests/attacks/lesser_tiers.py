"""What the weaker tiers let a program do that `full` does not: the gaps that security.md names."""

import re
from collections.abc import Sequence

from jax_workbench.sandbox.policy import Tier
from tests.attacks.gauntlet import Verdict

_OWN_FILES = {
    "secrets/proc_fd": r"opened own descriptor [0-4]\b",
    "secrets/result_of_another": r"opened /dev/std(in|out|err)\b",
}
"""Links to what the job has open anyway: /dev/null, and its own pipes where they are its user's."""
_GUARD = {"escape/parent_of_init": "its guard is gone, and it belongs to"}
"""It is there, but not as pid 1."""
GAPS: dict[Tier, dict[str, str]] = {
    "full": {},
    "shared": _OWN_FILES | _GUARD,
    "landlock": _OWN_FILES
    | _GUARD
    | {
        "secrets/host_file": "saw it",  # that a file exists, its size and owner; not its content
        "secrets/names_of_the_host": "knows the host's name",
        "secrets/sibling": r"sees process \d+",  # that it exists
        "escape/capabilities": r"its bounding set has capability \d+",  # none can be gained
        "resources/deleted_and_open": r"holds \d+ MiB in files without a name",
    },
}
"""For each tier and program, what it may report."""
_REFUSED = {"ok", "user_code_failed", "output_too_large"}
"""Programs write to /tmp by name, which is not the job's own in these tiers."""


def beyond(tier: Tier, verdicts: Sequence[Verdict]) -> tuple[list[str], list[str], list[str]]:
    """Breaches that no gap explains, ends that surprise, and the programs that found a gap."""
    breaches: list[str] = []
    surprises: list[str] = []
    in_gaps: list[str] = []
    for verdict in verdicts:
        name = verdict.program.name
        gap = GAPS[tier].get(name)
        known = [what for what in verdict.breaches if gap and re.match(gap, what)]
        breaches += [f"{name}: {what}" for what in verdict.breaches if what not in known]
        in_gaps += [name] if known else []
        is_allowed = tier != "full" and set(verdict.ends) <= verdict.program.ends | _REFUSED
        if verdict.surprise and not is_allowed:
            surprises.append(verdict.surprise)
    return breaches, surprises, in_gaps
