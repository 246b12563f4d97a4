"""Gradients are clipped behind the optimiser in a chain.

## Why is this bad?
What arrives there are updates of the size of the learning rate: a clip of ordinary size never acts.

## Use instead
The clip as the first part of the chain.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.canonical import last
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule

OPTIMISERS = frozenset(
    [
        *("adam", "adamw", "sgd", "rmsprop", "adagrad", "lamb", "lion", "nadam", "adabelief"),
        *("yogi", "radam", "adamax", "novograd", "amsgrad", "adafactor", "scale_by_learning_rate"),
    ]
)
CLIPS = frozenset(("clip", "clip_by_global_norm", "clip_by_block_rms", "adaptive_grad_clip"))


def check(event: Call) -> Iterator[Found]:
    """Report clips behind a whole optimiser."""
    if event.name != "optax.chain" or event.has_star:
        return
    scaled = ""
    for value, node in zip(event.args, event.node.args, strict=False):
        word = last(value.constructor) if value.constructor.startswith("optax.") else ""
        if word in OPTIMISERS:
            scaled = word
        elif word in CLIPS and scaled:
            yield Found(
                node,
                f"{word} comes after {scaled}: it clips updates, not gradients. Put it first.",
            )


RULE = Rule(
    "OPX108",
    "clip-after-scaling",
    "warning",
    ((Call, check),),
    confirm="none",
    calls=("optax.chain",),
    page=__doc__ or "",
)
