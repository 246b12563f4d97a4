"""JSON schema of a pydantic model without references, titles and needless unions. Server only."""

from collections.abc import Mapping
from typing import Any, cast

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode

type Schema = dict[str, Any]

NULL: Schema = {"type": "null"}
NAMED_SCHEMAS = frozenset({"properties", "patternProperties"})
"""Keywords whose keys are the model's own names, not keywords."""

VALUES = frozenset({"const", "default", "enum", "examples"})
"""Keywords that hold values of the model, not schemas."""


def lean_schema(
    model: type[BaseModel],
    mode: JsonSchemaMode,
    *,
    dropped: frozenset[str] = frozenset(),
    is_open: bool = False,
) -> Schema:
    """Schema of `model` in one piece; the keywords `dropped` are left out everywhere.

    Clients differ in how they follow references, and a model pays for each title in tokens.
    `is_open` allows further properties. Raises TypeError where a model contains itself.
    """
    schema = model.model_json_schema(mode=mode)
    dropped |= {"$defs", "title", "discriminator"}
    return _Writer(schema.get("$defs", {}), dropped, is_open=is_open).written(schema, ())


class _Writer:
    def __init__(
        self, models: Mapping[str, Schema], dropped: frozenset[str], *, is_open: bool
    ) -> None:
        self._models = models
        self._dropped = dropped
        self._is_open = is_open

    def written(self, node: Schema, above: tuple[str, ...]) -> Schema:
        """`node` with its references replaced by what they point at; `above` are their names."""
        if "$ref" in node:
            name = str(node["$ref"]).rpartition("/")[2]
            if name in above:
                raise TypeError(f"{name} contains itself, so its schema has no end.")
            beside = {key: part for key, part in node.items() if key != "$ref"}
            return self.written({**self._models[name], **beside}, (*above, name))
        lean: Schema = {}
        for key, part in node.items():
            if key in self._dropped or self._says_nothing(key, part):
                continue
            if key in NAMED_SCHEMAS:
                lean[key] = {name: self.written(sub, above) for name, sub in part.items()}
            else:
                lean[key] = part if key in VALUES else self._value(part, above)
        return _with_null_as_type(lean)

    def _says_nothing(self, key: str, part: Any) -> bool:
        if key == "additionalProperties" and self._is_open:
            return isinstance(part, bool)
        return key in NAMED_SCHEMAS and not part

    def _value(self, part: Any, above: tuple[str, ...]) -> Any:
        if isinstance(part, dict):
            return self.written(cast("Schema", part), above)
        if isinstance(part, list):
            return [self._value(item, above) for item in cast("list[Any]", part)]
        return part


def _with_null_as_type(node: Schema) -> Schema:
    """`anyOf: [X, null]` as an `X` whose type may be null; other unions stay as they are."""
    options: list[Schema] = node.get("anyOf", [])
    values = [option for option in options if option != NULL]
    if NULL not in options or len(values) != 1 or not isinstance(values[0].get("type"), str):
        return node
    merged = {**values[0], "type": [values[0]["type"], "null"]}
    if "const" in merged:
        merged["enum"] = [merged.pop("const")]
    if "enum" in merged:
        merged["enum"] = [*merged["enum"], None]
    beside = {key: part for key, part in node.items() if key != "anyOf"}
    return {**merged, **beside}
