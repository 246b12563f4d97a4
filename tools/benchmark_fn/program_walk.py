"""Adds up what one call of an exported program computes and moves. Runs in the timer.

Goes through the operations once in order, with three facts of each value: the integer behind it,
whether it varies from call to call (in a loop: from turn to turn), and whether it lies in memory.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from jax_workbench.tools.benchmark_fn.flop_formulas import flop_type, flops_of
from jax_workbench.tools.benchmark_fn.loop_turns import Evaluation, turns
from jax_workbench.tools.benchmark_fn.program_facts import Facts, Work
from jax_workbench.tools.benchmark_fn.program_ir import (
    argument_number,
    callee,
    entry,
    is_scalar_integer,
    is_splat,
    kind_of,
    operations_of,
)
from jax_workbench.tools.benchmark_fn.traffic import Held, Traffic


@dataclass
class Part:
    """One block's work, and what it returns."""

    work: Work
    returned: list[Held]


@dataclass
class Walk:
    """Adds up the work of a program, each of its functions once for each kind of arguments."""

    functions: Mapping[str, Any]
    facts: Facts
    parts: dict[Any, Part] = field(default_factory=dict[Any, Part])

    def program(self) -> Work:
        """Work of one call of the program, its results written."""
        main = entry(self.functions["main"])
        arguments = [Held(value, varies=True, is_stored=True) for value in main.arguments]
        part = self.block(main, dict(zip(main.arguments, arguments, strict=True)), stores=True)
        return part.work

    def block(self, block: Any, held: dict[Any, Held], *, stores: bool = False) -> Part:
        """Work of one run of a block; with `stores`, what it returns must lie in memory."""
        work, traffic = Work(), Traffic()
        *operations, last = operations_of(block)
        dead = dead_operations(operations)
        for op, is_dead in zip(operations, dead, strict=True):
            if is_dead:
                work.dead += self.all_flops(op, held)
            else:
                self.operation(op, held, work, traffic)
        returned = [held[value] for value in last.operands]
        if stores:
            for value in returned:
                traffic.store(value)
        work.n_bytes += traffic.n_bytes
        return Part(work, returned)

    def all_flops(self, op: Any, held: dict[Any, Held]) -> float:
        """Flops of an operation whatever they depend on."""
        apart = Work()
        self.operation(op, held, apart, Traffic())
        return apart.n_flops + apart.n_fixed + apart.dead

    def operation(self, op: Any, held: dict[Any, Held], work: Work, traffic: Traffic) -> None:
        """Add one operation and what it runs; of branches the dearest."""
        kind = kind_of(op)
        if kind == "while":
            self.loop(op, held, work, traffic)
        elif kind in {"case", "if"}:
            self.branches(op, held, work)
        elif kind in {"call", "composite"}:
            self.call(op, held, work)
        else:
            self.single(op, kind, held, work, traffic)

    def single(
        self, op: Any, kind: str, held: dict[Any, Held], work: Work, traffic: Traffic
    ) -> None:
        """An operation without parts of its own."""
        operands = [held[value] for value in op.operands]
        varies = any(operand.varies for operand in operands) or kind.startswith("rng")
        flops = flops_of(op, self.facts)
        if flops:
            tally = work.flops if varies else work.fixed
            tally[flop_type(op)] = tally.get(flop_type(op), 0.0) + flops
        is_table = kind == "constant" and not is_splat(op)
        results = [Held(value, varies=varies, is_stored=is_table) for value in op.results]
        if varies:
            results = traffic.operation(kind, operands, results)
        for value, result in zip(op.results, results, strict=True):
            held[value] = replace(result, number=self.number(value, held))

    def number(self, value: Any, held: dict[Any, Held]) -> int | None:
        """The integer behind a result, where it is one and no data decide it."""
        if not is_scalar_integer(value):
            return None
        return Evaluation(self.functions, numbers(held, value.owner.operands)).number(value)

    def call(self, op: Any, held: dict[Any, Held], work: Work) -> None:
        """A function's work; the same for the same kind of arguments, so it is kept."""
        operands = [held[value] for value in op.operands]
        key = callee(op), tuple((o.number, o.varies, o.is_stored) for o in operands)
        if key not in self.parts:
            block = entry(self.functions[callee(op)])
            inside = {
                argument: replace(operand, value=argument)
                for argument, operand in zip(block.arguments, operands, strict=True)
            }
            self.parts[key] = self.block(block, inside)
        part = self.parts[key]
        work.add(part.work)
        for value, result in zip(op.results, part.returned, strict=True):
            held[value] = replace(result, value=value)

    def branches(self, op: Any, held: dict[Any, Held], work: Work) -> None:
        """The dearest branch."""
        parts = [self.block(region.blocks[0], dict(held)) for region in op.regions]
        work.add(max((part.work for part in parts), key=lambda each: each.n_flops + each.n_fixed))
        decided_by_data = held[op.operands[0]].varies
        for i, value in enumerate(op.results):
            varies = decided_by_data or any(part.returned[i].varies for part in parts)
            held[value] = Held(value, varies=varies, is_stored=True)

    def loop(self, op: Any, held: dict[Any, Held], work: Work, traffic: Traffic) -> None:
        """All turns of a loop. What no turn changes is done once: compilers move it out."""
        operands = [held[value] for value in op.operands]
        for operand in operands:
            traffic.store(operand)
        n_turns = turns(op, self.functions, numbers(held, held))
        self.facts.open_loops += n_turns is None
        n_turns = 1 if n_turns is None else n_turns
        test, body = (
            self.block(region.blocks[0], self.inside(op, region, held), stores=i == 1)
            for i, region in enumerate(op.regions)
        )
        once = Work(fixed=dict(test.work.fixed))
        once.add(Work(fixed=body.work.fixed))
        varies = any(operand.varies for operand in operands)
        varying = Work()
        for part, times in ((test, n_turns + 1), (body, n_turns)):
            varying.add(replace(part.work, fixed={}), times)
            varying.hoisted += max(0, times - 1) * part.work.n_fixed
        varying.add(Work(flops=once.fixed) if n_turns else Work())
        # A loop that nothing outside changes is itself done beforehand.
        work.add(varying if varies else replace(varying, flops={}, fixed=varying.flops, n_bytes=0))
        for value in op.results:
            held[value] = Held(value, varies=varies, is_stored=True)

    def inside(self, op: Any, region: Any, held: Mapping[Any, Held]) -> dict[Any, Held]:
        """What is known at the start of a turn: carried values vary unless none changes them."""
        body = op.regions[1].blocks[0]
        returned = operations_of(body)[-1].operands
        known = {value: replace(each, varies=False) for value, each in held.items()}
        for i, argument in enumerate(region.blocks[0].arguments):
            stays = argument_number(returned[i]) == i and returned[i] == body.arguments[i]
            number = held[op.operands[i]].number if stays else None
            known[argument] = Held(argument, number=number, varies=not stays, is_stored=True)
        return known


def numbers(held: Mapping[Any, Held], values: Any) -> dict[Any, int]:
    """The known integers among values."""
    found = {value: held[value].number for value in values}
    return {value: number for value, number in found.items() if number is not None}


def dead_operations(operations: Sequence[Any]) -> list[bool]:
    """Of each operation, whether nobody uses a result of it."""
    unused: set[Any] = set()
    dead: list[bool] = []
    for op in reversed(operations):
        users = [use.owner for result in op.results for use in result.uses]
        is_dead = bool(len(op.results)) and all(
            bool(len(user.results)) and user.results[0] in unused for user in users
        )
        if is_dead:
            unused |= set(op.results)
        dead.append(is_dead)
    return dead[::-1]
