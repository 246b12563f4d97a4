"""Says in MCP's words what a tool is. Server only."""

from typing import Any

from mcp import types

from jax_workbench.server.lean_schema import Schema, lean_schema
from jax_workbench.tools.contract import Tool

type AnyTool = Tool[Any, Any]

ENVELOPE_PARTS: Schema = {
    "notes": {"type": "array"},
    "next": {"type": "array"},
    "artifacts": {"type": "array"},
    "run": {"type": "object"},
}
"""The parts that all answers share. Spelled out once, in docs/results-and-errors.md: a client pays
for each byte of every tool's schema."""


def describe(tool: AnyTool) -> types.Tool:
    """Translate one of our tools into MCP's words."""
    return types.Tool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=input_schema(tool),
        output_schema=output_schema(tool),
        annotations=types.ToolAnnotations(
            title=tool.title,
            read_only_hint=is_read_only(tool),
            destructive_hint=False,
            idempotent_hint=True,
            open_world_hint=False,
        ),
    )


def is_read_only(tool: AnyTool) -> bool:
    """Whether the tool changes nothing: clients may then call it unasked and in parallel."""
    return not tool.runs_user_code and tool.name != "cancel_job"


def input_schema(tool: AnyTool) -> Schema:
    """One plain object: what the tool takes."""
    schema = lean_schema(tool.ask, "validation")
    schema.pop("description", None)  # the tool carries it
    return schema


def output_schema(tool: AnyTool) -> Schema:
    """The envelope, with the tool's own status words and result.

    Objects stay open to further properties: a client that kept an older list of tools must not
    refuse an answer that has grown a field. Texts are left out: no model sees them.
    """
    dropped = frozenset({"description", "default", "pattern", "maxItems", "minItems"})
    schema = lean_schema(tool.answer, "serialization", dropped=dropped, is_open=True)
    properties = {**schema["properties"], **ENVELOPE_PARTS}
    if tool.work or tool.plan:
        properties["status"] = _with_running(properties["status"])
    return {"type": "object", "properties": properties, "required": sorted(properties)}


def _with_running(status: Schema) -> Schema:
    """Whatever runs as a job may answer with its handle."""
    words = [status["const"]] if "const" in status else status.get("enum", [])
    if not words or "running" in words:
        return status
    return {"type": "string", "enum": [*words, "running"]}
