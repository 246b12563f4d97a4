"""What is known of an exported program before anything of it is compiled."""

from dataclasses import dataclass, field


@dataclass
class Work:
    """Operations and traffic of a program or of a part of it.

    Work that depends on nothing which varies is kept apart: a compiler does it once, beforehand.
    """

    flops: dict[str, float] = field(default_factory=dict[str, float])
    """By element type."""
    fixed: dict[str, float] = field(default_factory=dict[str, float])
    """Of what depends on no input (in a loop: on nothing that a turn changes)."""
    hoisted: float = 0.0
    """Flops written inside loops that a compiler moves out of them."""
    dead: float = 0.0
    """Flops whose result nobody uses."""
    n_bytes: float = 0.0
    """Read and written, with elementwise operations fused into their neighbours."""

    def add(self, other: "Work", times: float = 1.0) -> None:
        """Add another part, so many times over."""
        for kind, flops in other.flops.items():
            self.flops[kind] = self.flops.get(kind, 0.0) + times * flops
        for kind, flops in other.fixed.items():
            self.fixed[kind] = self.fixed.get(kind, 0.0) + times * flops
        self.hoisted += times * other.hoisted
        self.dead += times * other.dead
        self.n_bytes += times * other.n_bytes

    @property
    def n_flops(self) -> float:
        """Flops of what varies."""
        return sum(self.flops.values())

    @property
    def n_fixed(self) -> float:
        """Flops of what does not, less those on integers: they make indices and masks."""
        return sum(flops for kind, flops in self.fixed.items() if "f" in kind)


@dataclass
class Facts:
    """What the inspection found."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    program: str = ""
    """Hash of the text without locations and names."""
    work: Work = field(default_factory=Work)
    open_loops: int = 0
    """Loops whose number of turns the data decide; each is counted as one turn."""
    n_loops: int = 0
    uncounted: set[str] = field(default_factory=set[str])
    """Calls whose work no formula gives; counted as nothing."""
    custom_calls: set[str] = field(default_factory=set[str])
    """Targets that are not on the list."""
    dtypes: set[str] = field(default_factory=set[str])
    const_bytes: int = 0
    contraction: int = 1
    """Terms of the longest sum: of a dot, a convolution or a reduction."""
    dot_precision: int | None = None
    """The lowest that a dot or convolution asks for; None without any."""
    dot_algorithms: set[str] = field(default_factory=set[str])
    """Operand types of dots with an algorithm of their own."""
    unused_inputs: tuple[int, ...] = ()

    @property
    def flops(self) -> float:
        """Flops of one call: what is written, less what needs no call to be known."""
        return self.work.n_flops

    @property
    def is_lower_bound(self) -> bool:
        """Whether a call may do more than `flops` says."""
        left_out = self.work.n_fixed + self.work.hoisted
        return bool(self.open_loops or self.uncounted) or left_out > NEGLIGIBLE * self.flops


NEGLIGIBLE = 0.01
"""Share of a count below which it does not matter what a compiler does with the work."""
