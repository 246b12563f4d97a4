"""Completes what a user types: runs, their files, guides, rules of the linter. Server only."""

from collections.abc import Iterable, Mapping
from typing import Any

import anyio.to_thread
from mcp import types

from jax_workbench.server import prompts
from jax_workbench.server.guides import SCHEME, guides
from jax_workbench.server.rule_pages import SCHEME as RULES
from jax_workbench.server.rule_pages import rule_pages
from jax_workbench.server.run_store import RunStore, uri_of

MOST = 100
"""The protocol's own bound on one list of values."""


async def complete(params: types.CompleteRequestParams, store: RunStore) -> types.CompleteResult:
    """The values that begin with what was typed; none where nothing is known of the argument."""
    typed, known = params.argument.value, {**((params.context and params.context.arguments) or {})}
    found = await anyio.to_thread.run_sync(_values, params.ref, params.argument.name, known, store)
    fitting = [value for value in found if value.startswith(typed)]
    return types.CompleteResult(
        completion=types.Completion(
            values=fitting[:MOST], total=len(fitting), has_more=len(fitting) > MOST
        )
    )


def _values(ref: Any, name: str, known: Mapping[str, str], store: RunStore) -> Iterable[str]:
    match ref, name:
        case types.PromptReference(), prompts.RUN:
            return [uri_of(run_id) for run_id in store.run_ids()]
        case types.ResourceTemplateReference(uri=uri), "name" if uri.startswith(SCHEME):
            return [*guides()]
        case types.ResourceTemplateReference(uri=uri), "code" if uri.startswith(RULES):
            return [*rule_pages()]
        case types.ResourceTemplateReference(), "run_id":
            return store.run_ids()
        case types.ResourceTemplateReference(), "file":
            record = store.record(known.get("run_id", ""))
            return [file["name"] for file in record["files"]] if record else []
        case _:
            return []
