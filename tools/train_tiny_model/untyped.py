"""Libraries whose own types are incomplete, as values of any type. Runs in the worker."""

from collections.abc import Callable
from typing import Any, Protocol, cast, overload

import flax.nnx
import jax
import optax as optax_library


class Trees(Protocol):
    """`jax.tree` as this tool uses it: leaves are of any type, a function's arity is checked."""

    @overload
    def map(self, f: Callable[[Any], Any], tree: Any) -> Any: ...

    @overload
    def map(self, f: Callable[[Any, Any], Any], tree: Any, other: Any) -> Any: ...

    def leaves(self, tree: Any) -> list[Any]:
        """All leaves, in the order of the structure."""
        ...

    def flatten_with_path(self, tree: Any) -> tuple[list[tuple[Any, Any]], Any]:
        """Each leaf with its place, and the structure."""
        ...

    def unflatten(self, treedef: Any, leaves: Any) -> Any:
        """A structure with these leaves."""
        ...


nnx = cast("Any", flax.nnx)
optax = cast("Any", optax_library)
tree = cast("Trees", jax.tree)
jit = cast("Any", jax.jit)
grad = cast("Any", jax.grad)
hessian = cast("Any", jax.hessian)


def as_tuple(said: object) -> tuple[Any, ...]:
    """What a caller's function returned, if it is a tuple; else none."""
    return cast("tuple[Any, ...]", said) if isinstance(said, tuple) else ()
