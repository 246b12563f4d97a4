"""What an answer says where its job was held by less than the full sandbox. Server only."""

from collections.abc import Mapping

from jax_workbench.sandbox.policy import Tier
from jax_workbench.tools.contract import Note

CODE = "weak_isolation"

_LACKS: Mapping[Tier, str] = {
    "shared": "jobs share one jail and run one at a time, because this host denies namespaces "
    "below namespaces",
    "landlock": "the job had no namespaces, only Landlock and seccomp: it can see that files and "
    "processes exist",
    "none": "nothing kept the job from what the server's user can read, write, start and reach: "
    "send no code that you did not write or read",
}


def isolation_notes(tier: Tier) -> tuple[Note, ...]:
    """The note that belongs to `tier`; none for `full`."""
    if tier not in _LACKS:
        return ()
    text = f"The sandbox's tier is {tier}: {_LACKS[tier]}. jax-workbench doctor says what mends it."
    return (Note(code=CODE, severity="warning" if tier == "none" else "info", text=text),)
