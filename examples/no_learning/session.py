"""A classifier of digits that does not learn, its two faults, and its repair.

python -m examples.no_learning.session
"""

from pathlib import Path
from typing import Any

from examples.session import Session, record

MODEL = """\
import jax
import jax.numpy as jnp
import optax
from flax import nnx

class Model(nnx.Module):
    def __init__(self, rngs):
        self.hidden = nnx.Linear(64, 64, rngs=rngs)
        self.head = nnx.Linear(64, 10, rngs=rngs)

    def __call__(self, x):
        x = nnx.relu(self.hidden(x.reshape(len(x), -1)))
        return OUTPUT

def loss_fn(model, batch):
    x, y = batch
    return optax.softmax_cross_entropy_with_integer_labels(model(x), y).mean()
"""
PROBABILITIES = MODEL.replace("OUTPUT", "jax.nn.softmax(self.head(x))")
LOGITS = MODEL.replace("OUTPUT", "self.head(x)")
TOO_HIGH = {"name": "sgd", "learning_rate": 30.0}
SOUND = {"name": "adam", "learning_rate": 0.002}


async def talk(session: Session) -> None:
    """Train, read the findings, mend one fault after the other, train again."""
    session.say("# A training run that does not learn")
    session.say(
        "A small classifier of 8 x 8 digits is wrong on most of them. The loss is finite, nothing "
        "raises."
    )
    first = await train(session, "As it was written", PROBABILITIES, TOO_HIGH)
    session.conclude(f"`{first['status']}`; findings: {codes(first)}.")
    second = await train(session, "Logits instead of probabilities", LOGITS, TOO_HIGH)
    session.conclude(f"`{second['status']}`; findings: {codes(second)}.")
    third = await train(session, "And a sound learning rate", LOGITS, SOUND)
    session.keep_picture()
    session.conclude(
        f"it {'learns' if third['status'] in {'converged', 'still_improving'} else 'fails'}; "
        f"findings: {codes(third)}."
    )


async def train(session: Session, why: str, code: str, optimizer: dict[str, Any]) -> dict[str, Any]:
    """One training run; adds its score to the transcript."""
    answer = await session.ask(
        "train_tiny_model",
        why,
        model="custom",
        code=code,
        dataset="digits",
        optimizer=optimizer,
        steps=600,
    )
    metric = answer["result"]["metric"]
    if metric and metric["test"] is not None:
        session.say(
            f"{metric['name']} on test rows: {metric['test']:.3f} ({metric['ci_low']:.3f} to "
            f"{metric['ci_high']:.3f}); a guess: {metric['baseline']:.3f}."
        )
    return answer


def codes(answer: dict[str, Any]) -> str:
    """The codes of all findings, in a fixed order."""
    return ", ".join(sorted({f["code"] for f in answer["result"]["findings"]})) or "none"


if __name__ == "__main__":
    record(talk, Path(__file__).parent)
