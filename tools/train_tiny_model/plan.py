"""One call of train_tiny_model: tried again in a fresh worker where memory ran out.

Runs in the server; imports no JAX. A worker that has run out of memory is of no more use: what it
holds is not given back. The next one takes the same batches in parts, one after the other, and the
mean of their gradients: the same steps, in less memory.
"""

from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from jax_workbench.tools.contract import JobResult, Jobs, Note
from jax_workbench.tools.errors import ToolError
from jax_workbench.tools.train_tiny_model import TrainTinyModelAnswer, TrainTinyModelAsk
from jax_workbench.tools.train_tiny_model.messages import (
    PARTS,
    AttemptAsk,
    Attempted,
    steps_in_parts,
)

WORK = "jax_workbench.tools.train_tiny_model.attempt:run"
LEAST_S = 5.0
"""Below it another attempt would only be cut off."""
CAUSE_LIMIT = 300
ADVICE = (
    "Use a smaller batch_size or model, or nnx.remat (jax.checkpoint) around its layers; the "
    "operator can raise JAX_WORKBENCH_MEMORY_MIB."
)


async def plan(ask: TrainTinyModelAsk, jobs: Jobs) -> TrainTinyModelAnswer:
    """Answer the call; the server calls this."""
    call = Call(ask, jobs)
    for parts in PARTS:
        if parts <= call.most_parts():
            continue
        if parts > 1:
            call.check_is_time()
            jobs.progress(f"out of memory: again in a fresh worker, each batch in {parts} parts")
        attempted, result = await call.attempt(parts)
        if result is not None and attempted.answer is not None:
            for saved in result.saved:
                jobs.keep(saved)
            return call.answer(attempted.answer, attempted)
        call.lose(attempted, parts)
    raise call.given_up("Its batches are not taken in more parts than that.")


@dataclass
class Call:
    """The attempts of one call."""

    ask: TrainTinyModelAsk
    jobs: Jobs
    lost: list[tuple[Attempted, int]] = field(default_factory=list[Any])
    """Attempts that ran out of memory, and how many parts they were asked to take."""

    async def attempt(self, parts: int) -> tuple[Attempted, JobResult | None]:
        """One attempt in a worker of its own; without a result where the host saw it die.

        Raises:
            ToolError: It ended for another reason than memory.
        """
        spent_s = max(0.0, self.ask.timeout_s - self.jobs.left_s())
        asked = AttemptAsk(ask=self.ask, spent_s=spent_s, batch_parts=parts)
        try:
            result = await self.jobs.run(
                WORK,
                asked.model_dump(mode="json"),
                blobs=self.jobs.inputs,
                x64=self.ask.x64,
                seed=self.ask.seed,
            )
        except ToolError as error:
            if error.code == "out_of_memory":
                died = Attempted(out_of_memory=error.cause, next_step=error.next_step)
                return died, None
            if not self.lost:
                raise
            raise ToolError(
                error.code, f"{error.cause} {self.so_far()}", error.next_step
            ) from error
        return believed(result), result

    def most_parts(self) -> int:
        """Into how many parts batches were taken where memory ran out, by request or prediction."""
        return max((max(parts, attempted.batch_parts) for attempted, parts in self.lost), default=0)

    def lose(self, attempted: Attempted, parts: int) -> None:
        """Keep what an attempt died of.

        Raises:
            ToolError: Another one is of no use.
        """
        if attempted.not_the_same:
            raise self.given_up(
                f"It was not tried again with its batches in parts: {attempted.not_the_same}"
            )
        if attempted.is_hopeless and not self.lost:
            raise ToolError("out_of_memory", attempted.out_of_memory, attempted.next_step)
        self.lost.append((attempted, parts))
        if attempted.batch_size is not None and attempted.batch_parts == attempted.batch_size:
            raise self.given_up("A part was one row: there are no smaller ones.")

    def check_is_time(self) -> None:
        """Check that another attempt is worth its while.

        Raises:
            ToolError: The call's time is almost up.
        """
        spent_s = self.ask.timeout_s - self.jobs.left_s()
        left_s = min(self.jobs.left_s(), self.ask.time_budget_s - spent_s)
        if left_s < LEAST_S:
            raise self.given_up(
                f"{max(left_s, 0):.0f} s are left, too few for another attempt with the batches "
                "in parts: raise timeout_s and time_budget_s to have one."
            )

    def given_up(self, why: str) -> ToolError:
        """The error of a call whose attempts all died."""
        return ToolError("out_of_memory", f"{self.so_far()} {why}", ADVICE)

    def so_far(self) -> str:
        """Each attempt that was made, and what it died of."""
        said = [
            f"Attempt {n} ({how(attempted, parts)}) ran out of memory: "
            f"{ended(shortened(attempted.out_of_memory))}"
            for n, (attempted, parts) in enumerate(self.lost, 1)
        ]
        return " ".join(said)

    def answer(self, answer: TrainTinyModelAnswer, attempted: Attempted) -> TrainTinyModelAnswer:
        """The answer, with the attempts before it."""
        if not self.lost:
            return answer
        size, n = attempted.batch_size, attempted.batch_parts
        rows = f" of {size // n} rows" if size else ""
        same = steps_in_parts(attempted.differences)
        text = (
            f"{self.so_far()} Attempt {len(self.lost) + 1}, in a fresh worker, took each batch of "
            f"{size} in {n} parts{rows} and the mean of their gradients{same}"
        )
        note = Note(
            code="retried_in_parts",
            severity="warning" if attempted.differences else "info",
            text=text,
        )
        result = answer.result
        if result is not None:
            details = {**result.details, "attempts": self.attempts(attempted)}
            result = result.model_copy(update={"details": details})
        return answer.model_copy(update={"notes": (note, *answer.notes), "result": result})

    def attempts(self, last: Attempted) -> list[dict[str, Any]]:
        """Each attempt as the answer tells it."""
        made = (*self.lost, (last, last.batch_parts))
        return [
            {
                "batch_parts": max(parts, attempted.batch_parts),
                "ended": f"out_of_memory: {shortened(attempted.out_of_memory)}"
                if attempted.out_of_memory
                else "answered",
            }
            for attempted, parts in made
        ]


def how(attempted: Attempted, parts: int) -> str:
    """How an attempt took its batches."""
    size, n = attempted.batch_size, max(parts, attempted.batch_parts)
    rows = f" of {size}" if size else ""
    return f"whole batches{rows}" if n == 1 else f"batches{rows} in {n} parts"


def shortened(cause: str) -> str:
    """A cause on one line, its beginning and its end where it is long."""
    line = " ".join(cause.split())
    half = CAUSE_LIMIT // 2
    return line if len(line) <= CAUSE_LIMIT else f"{line[:half]} ... {line[-half:]}"


def ended(text: str) -> str:
    """`text` with a full stop."""
    return text if text.endswith((".", "!", "?")) else f"{text}."


def believed(result: JobResult) -> Attempted:
    """A worker's words, if they have the shape that ours have.

    Raises:
        ToolError: They do not: the code has changed what its process says.
    """
    try:
        said = Attempted.model_validate(result.value)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)[0]
        raise ToolError(
            "user_code_failed",
            f"The worker's report can't be read: {wrong['loc']}: {wrong['msg']}.",
            "Let the code leave the modules of the process alone.",
        ) from None
    if said.answer is None and not (said.out_of_memory or said.not_the_same):
        raise ToolError(
            "user_code_failed",
            "The worker's report says neither an answer nor why there is none.",
            "Let the code leave the modules of the process alone.",
        )
    return said
