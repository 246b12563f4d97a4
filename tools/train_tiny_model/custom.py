"""The caller's own model, loss, data and step. Runs in the worker."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from types import ModuleType
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jax_workbench.tools.common.user_code import as_tool_error, load_module
from jax_workbench.tools.errors import ToolError
from jax_workbench.tools.train_tiny_model.losses import (
    binary_cross_entropy,
    expected_loss,
    loss_named,
)
from jax_workbench.tools.train_tiny_model.outputs import Meaning, meaning_of
from jax_workbench.tools.train_tiny_model.presets.supervised import metric_named
from jax_workbench.tools.train_tiny_model.problem import (
    Batch,
    Problem,
    Recipe,
    called,
    inference_view,
)
from jax_workbench.tools.train_tiny_model.rows import Array, Kind, Rows, Source, Split
from jax_workbench.tools.train_tiny_model.untyped import as_tuple, nnx

NAME = "code"
FILENAME = f"<{NAME}>"
N_EPOCHS = 60


@dataclass(frozen=True)
class Code:
    """The module that the caller sent."""

    module: ModuleType

    def find(self, name: str) -> Any:
        """What it calls `name`, or None."""
        return vars(self.module).get(name)

    def guarded[R](self, function: Callable[..., R]) -> Callable[..., R]:
        """`function`, whose errors are told with the caller's own lines."""

        def call(*arguments: Any, **named: Any) -> R:
            try:
                return function(*arguments, **named)
            except ToolError:
                raise
            except Exception as error:  # noqa: BLE001 - whatever the code raises is its answer
                raise as_tool_error(error, (FILENAME,)) from None

        return call


def read_code(text: str) -> Code:
    """Run the caller's text.

    Raises:
        ToolError: `bad_argument` where there is none, `user_code_failed` where it raises.
    """
    if not text.strip():
        raise ToolError(
            "bad_argument",
            "code: model custom needs it, and it is empty.",
            "Define class Model(nnx.Module) whose __init__ takes rngs.",
        )
    return Code(load_module(text, NAME))


def own_source(code: Code, seed: int) -> Source | None:
    """What the caller's `make_data(seed)` gives; None where there is no such function.

    Raises:
        ToolError: `user_code_failed` where it raises or gives something else.
    """
    make_data = code.find("make_data")
    if make_data is None:
        return None
    said = code.guarded(make_data)(seed)
    made = as_tuple(said)
    if len(made) not in {2, 4}:
        raise failed(
            f"make_data returned {type(said).__name__}, not (x, y) or (x_train, y_train, x_test, "
            "y_test).",
            "Return such a tuple.",
        )
    arrays = [as_array(part) for part in made]
    for x, y in zip(arrays[::2], arrays[1::2], strict=True):
        if not x.ndim or not y.ndim or len(x) != len(y) or len(x) < 4:  # noqa: PLR2004 - three parts
            raise failed(
                f"make_data returned x of shape {x.shape} and y of shape {y.shape}.",
                "Give both the same number of rows, at least 4.",
            )
    rows = [Rows(x, y) for x, y in zip(arrays[::2], arrays[1::2], strict=True)]
    return Source("make_data", rows[0], kind_of(arrays[1]), rows[1] if len(rows) > 1 else None)


def as_array(part: Any) -> Array:
    """A NumPy array of 32-bit numbers, or of 64-bit ones where JAX has them."""
    return np.asarray(jnp.asarray(part))


def kind_of(y: Array) -> Kind:
    """Whole numbers are classes; in more than one axis they are tokens."""
    if y.dtype.kind not in "iub":
        return "numbers"
    return "classes" if y.ndim == 1 else "tokens"


def custom(  # noqa: PLR0913 - each is one fact of the call
    code: Code, source: Source, split: Split, loss: str, metric: str, *, seed: int
) -> Problem:
    """The problem that the caller's code defines.

    Raises:
        ToolError: `bad_argument` where there is no `Model`, `user_code_failed` where it raises.
    """
    build = builder(code)
    split, outputs = shaped_for(code, build, source, split, seed)
    is_classes = source.kind in {"classes", "tokens"}
    own_loss, own_step = code.find("loss_fn"), code.find("train_step")
    own = own_loss_of(code, own_loss) if own_loss else None
    meaning = Meaning("unknown", None)
    if outputs is not None:
        meaning = meaning_of(tuple(outputs.shape), source.kind, split.train, build, own)
    is_one_logit = meaning.kind == "one_logit"
    chosen, usual = usual_loss(code, loss, is_classes=is_classes, is_one_logit=is_one_logit)
    expected, rule = (None, "")
    if own is None:
        expected, rule = expected_loss(chosen, split.train.y, meaning.n_classes or 1)
    return Problem(
        "custom",
        source,
        split,
        build,
        own or usual,
        recipe_for(len(split.train)),
        metric_named(metric, meaning.metric) if meaning.metric else None,
        forward=code.guarded(called),
        expected_init_loss=expected,
        expected_rule=rule,
        n_outputs=meaning.n_classes,
        is_logits=is_classes and own is None,
        loss_code=FILENAME,
        own_step=code.guarded(own_step) if own_step else None,
        own_optimizer=own_optimizer_of(code),
        facts={"has_own_loss": own is not None, "outputs": meaning.kind},
    )


def builder(code: Code) -> Callable[[int], Any]:
    """Makes a model from a seed."""
    model = code.find("Model")
    if not isinstance(model, type) or not issubclass(model, nnx.Module):
        raise ToolError(
            "bad_argument",
            "code: it defines no class Model(nnx.Module).",
            "Define one whose __init__ takes rngs; it is built as Model(rngs=nnx.Rngs(seed)).",
        )

    def seeded(seed_or_key: Any) -> Any:
        return model(rngs=nnx.Rngs(seed_or_key))

    in_one_program, plainly = nnx.jit(seeded), code.guarded(seeded)

    def build(seed: int) -> Any:
        try:
            return in_one_program(jax.random.key(seed))
        except Exception:  # noqa: BLE001 - what cannot be traced, or is wrong, shows when run plainly
            return plainly(seed)

    return build


def own_optimizer_of(code: Code) -> Callable[[], Any] | None:
    """Calls the caller's `make_optimizer`, if there is one."""
    own = code.find("make_optimizer")
    if own is None:
        return None

    def make() -> Any:
        made = code.guarded(own)()
        if not hasattr(made, "update") or not hasattr(made, "init"):
            raise failed(
                f"make_optimizer returned {type(made).__name__}.", "Return an Optax transformation."
            )
        return made

    return make


def shaped_for(
    code: Code, build: Callable[[int], Any], source: Source, split: Split, seed: int
) -> tuple[Split, Any]:
    """The rows in a shape that the model takes, and the shape of its outputs.

    Flat images are tried as images too. Where the model cannot be called with inputs alone, its
    own loss has to do, and there is no score.
    """
    shapes: list[tuple[int, ...]] = [split.train.x.shape[1:]]
    if source.image is not None:
        shapes += [source.image, source.image[:2]]
    errors: list[Exception] = []
    for shape in shapes:
        x = split.train.x[:2].reshape(-1, *shape)
        try:
            found = nnx.eval_shape(partial(outputs_of, build, seed), jnp.asarray(x))
        except Exception as error:  # noqa: BLE001 - tried again in another shape, then told
            errors.append(error)
            continue
        return reshaped(split, shape), found if hasattr(found, "shape") else None
    if code.find("loss_fn") is None:
        raise as_tool_error(errors[0], (FILENAME,))
    return split, None


def outputs_of(build: Callable[[int], Any], seed: int, x: Any) -> Any:
    """What a new model says of `x`."""
    return inference_view(build(seed))(x)


def reshaped(split: Split, shape: tuple[int, ...]) -> Split:
    """Every part's inputs in `shape`."""
    parts = (split.train, split.validation, split.test)
    own = [Rows(part.x.reshape(-1, *shape), part.y) for part in parts]
    return Split(own[0], own[1], own[2], split.is_own_test)


def own_loss_of(code: Code, own_loss: Any) -> Callable[[Any, Batch, Any], Any]:
    """The caller's `loss_fn(model, batch)`, taken as a scalar."""

    def own(model: Any, batch: Batch, key: Any) -> Any:
        del key
        return scalar(own_loss(model, batch))

    return code.guarded(own)


def usual_loss(
    code: Code, name: str, *, is_classes: bool, is_one_logit: bool
) -> tuple[str, Callable[[Any, Batch, Any], Any]]:
    """The loss by name, or the one that goes with such targets, on the model's outputs."""
    chosen, function = loss_named(name, is_classes=is_classes)
    if is_classes and is_one_logit:
        function = binary_cross_entropy

    def usual(model: Any, batch: Batch, key: Any) -> Any:
        del key
        return function(model(batch[0]), batch[1])

    return chosen, code.guarded(usual)


def scalar(said: Any) -> Any:
    """The loss from what `loss_fn` returned: a scalar, or a tuple that begins with it."""
    parts = as_tuple(said)
    loss: Any = parts[0] if parts else said
    if not hasattr(loss, "shape") and not isinstance(loss, float | int):
        raise failed(f"loss_fn returned {type(loss).__name__}.", "Return a scalar.")
    loss = jnp.asarray(loss)
    if loss.shape != ():
        raise failed(f"loss_fn returned an array of shape {loss.shape}.", "Return its mean.")
    return loss


def recipe_for(n_train: int) -> Recipe:
    """Adam at its usual rate, without clipping, which would hide what goes wrong."""
    batch = int(min(128, max(8, n_train // 8)))
    steps = int(np.clip(N_EPOCHS * n_train / batch, 200, 1000))
    return Recipe(round(steps, -2), batch, name="adam", weight_decay=0.0)


def untrained_leaves(model: Any) -> list[tuple[str, str]]:
    """Floating leaves that no optimiser of `nnx.Param` reaches: path and type of each."""
    known = (nnx.Param, nnx.BatchStat, nnx.Cache, nnx.RngState)
    found: list[tuple[str, str]] = []
    for path, leaf in nnx.to_flat_state(nnx.state(model)):
        value = leaf.get_value() if isinstance(leaf, nnx.Variable) else leaf
        if isinstance(leaf, known) or not hasattr(value, "dtype"):
            continue
        if jnp.issubdtype(value.dtype, jnp.floating):
            kind = type(leaf).__name__ if isinstance(leaf, nnx.Variable) else "a bare array"
            found.append((".".join(map(str, path)), kind))
    return found


def failed(cause: str, next_step: str) -> ToolError:
    """Say what is wrong with what the caller's code gives."""
    return ToolError("user_code_failed", cause, next_step)
