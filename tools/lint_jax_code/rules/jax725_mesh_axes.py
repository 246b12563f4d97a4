"""A PartitionSpec names an axis that the mesh has not, or has more entries than the array has axes.

## Why is this bad?
ValueError when the array is placed, or the function is mapped.

## Use instead
The names of `jax.make_mesh`, one entry for each axis of the array at most.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded
from jax_workbench.tools.lint_jax_code.engine.events import Call, Event, Transformed
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Value, leaves

SPECS = frozenset(("jax.sharding.PartitionSpec", "jax.P", "jax.sharding.P"))
DEVICES = frozenset(("jax.devices", "jax.local_devices"))
MESHES = {"jax.make_mesh": 1, "jax.sharding.Mesh": 1}


def check(event: Call) -> Iterator[Found]:
    """Report shardings that do not fit the mesh, and placements that do not fit the array."""
    if is_guarded(event):
        return
    if event.name in SPECS:
        yield from repeated(event)
    elif event.name == "jax.sharding.Mesh":
        yield from flat(event)
    elif event.name == "jax.sharding.NamedSharding":
        yield from unknown(event, event.argument(0, "mesh"), event.argument(1, "spec"))
    elif event.name == "jax.device_put" and len(event.args) > 1:
        array, sharding = event.args[0], event.args[1]
        spec = (
            sharding.args[1]
            if sharding.constructor.endswith("NamedSharding") and len(sharding.args) > 1
            else None
        )
        n_entries = len(spec.args) if spec is not None and spec.constructor in SPECS else 0
        if array.kind == "array" and array.shape is not None and n_entries > len(array.shape):
            yield Found(
                event.node,
                f"The spec has {n_entries} entries, and the array {len(array.shape)} axes:"
                " ValueError. Leave out what is too much.",
            )


def repeated(event: Call) -> Iterator[Found]:
    """Report a name that a spec gives to two axes."""
    names = [leaf.const for a in event.args for leaf in leaves(a) if isinstance(leaf.const, str)]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        yield Found(
            event.node,
            f"The spec gives {twice!r} to two axes: DuplicateSpecError. Give each name once; None"
            " leaves an axis whole.",
        )


def flat(event: Call) -> Iterator[Found]:
    """Report a list of devices with several names."""
    devices, names = event.argument(0, "devices"), event.argument(1, "axis_names")
    n_names = len(names.items) if names is not None and names.items is not None else 0
    while devices is not None and devices.op == "[]" and devices.args:
        devices = devices.args[0]
    if n_names > 1 and devices is not None and devices.op in DEVICES:
        yield Found(
            event.node,
            f"The devices are a list, with one axis, and {n_names} names are given: ValueError. Use"
            " jax.make_mesh(shape, names).",
        )


def check_mapped(event: Transformed) -> Iterator[Found]:
    """Report shard_map specs with names that the mesh has not."""
    transform = event.transform
    if transform.name != "shard_map" or is_guarded(event):
        return
    for name in ("in_specs", "out_specs"):
        yield from unknown(event, transform.option("mesh"), transform.option(name))


def unknown(event: Event, mesh: Value | None, spec: Value | None) -> Iterator[Found]:
    """Report the first name that a mesh of this file has not."""
    names = axes_of(mesh)
    if names is None or spec is None:
        return
    for part in spec.items if spec.items is not None else [spec]:
        if part.constructor not in SPECS:
            continue
        for entry in (leaf for a in part.args for leaf in leaves(a)):
            if isinstance(entry.const, str) and entry.const not in names:
                yield Found(
                    part.node or event.node,
                    f"The mesh has the axes {sorted(names)}, and the spec names"
                    f" {entry.const!r}: ValueError.",
                )
                return


def axes_of(mesh: Value | None) -> set[str] | None:
    """The names of a mesh's axes, where they are written out."""
    if mesh is None or mesh.op not in MESHES:
        return None
    place = MESHES[mesh.op]
    given = mesh.kwargs.get("axis_names") or (mesh.args[place] if len(mesh.args) > place else None)
    parts = leaves(given) if given is not None else []
    names = {part.const for part in parts if isinstance(part.const, str)}
    return names if parts and len(names) == len(parts) else None


RULE = Rule(
    "JAX725",
    "mesh-axes",
    "error",
    ((Call, check), (Transformed, check_mapped)),
    confirm="run",
    calls=("jax.",),
    page=__doc__ or "",
)
