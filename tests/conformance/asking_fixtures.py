"""Tools of the conformance suite that ask the client back, as each protocol era does it."""

import json
from typing import Any

from conformance.plain_fixtures import Ctx, Fixture, Handler, ToolResult, answer, text
from mcp import types
from mcp.server.subscriptions import (
    InMemorySubscriptionBus,
    PromptsListChanged,
    ServerEvent,
    ToolsListChanged,
)
from mcp.shared.exceptions import MCPError


def form(message: str, **properties: dict[str, Any]) -> types.InputRequest:
    schema = {"type": "object", "properties": properties, "required": [*properties]}
    params = types.ElicitRequestFormParams(message=message, requested_schema=schema)
    return types.ElicitRequest(method="elicitation/create", params=params)


def _sample(question: str, max_tokens: int) -> types.CreateMessageRequest:
    message = types.SamplingMessage(role="user", content=text(question))
    params = types.CreateMessageRequestParams(messages=[message], max_tokens=max_tokens)
    return types.CreateMessageRequest(method="sampling/createMessage", params=params)


_ROOTS = types.ListRootsRequest(method="roots/list", params=types.RequestParams())
_NAME: types.InputRequests = {"user_name": form("What is your name?", name={"type": "string"})}
CONTEXT: types.InputRequests = {
    "user_context": form("What context should the prompt use?", context={"type": "string"})
}


def _told(response: Any) -> str:
    return json.dumps(response.model_dump(mode="json", by_alias=True, exclude_none=True))


def _asks(requests: types.InputRequests, state: str | None = None, said: str = "") -> Handler:
    """Ask, and answer once every question has its answer and the state has come back."""

    async def handler(_ctx: Ctx, params: types.CallToolRequestParams) -> ToolResult:
        given = params.input_responses or {}
        if not requests.keys() <= given.keys():
            return types.InputRequiredResult(input_requests=requests, request_state=state)
        if params.request_state != state:
            raise MCPError(types.INVALID_PARAMS, "The requestState is not the one that was sent.")
        return answer(text(" ".join([said, *(_told(given[key]) for key in requests)])))

    return handler


async def _greet(_ctx: Ctx, params: types.CallToolRequestParams) -> ToolResult:
    match (params.input_responses or {}).get("user_name"):
        case types.ElicitResult(action="accept", content={"name": str(name)}):
            return answer(text(f"Hello, {name}!"))
        case _:
            return types.InputRequiredResult(input_requests=_NAME)


async def _two_rounds(_ctx: Ctx, params: types.CallToolRequestParams) -> ToolResult:
    given = params.input_responses or {}
    if params.request_state == "second" and "step2" in given:
        return answer(text(f"Both steps are done: {_told(given['step2'])}"))
    if params.request_state == "first" and "step1" in given:
        ask = {"step2": form("Step 2: What is your favorite color?", color={"type": "string"})}
        return types.InputRequiredResult(input_requests=ask, request_state="second")
    ask = {"step1": form("Step 1: What is your name?", name={"type": "string"})}
    return types.InputRequiredResult(input_requests=ask, request_state="first")


async def _what_the_client_can(ctx: Ctx, params: types.CallToolRequestParams) -> ToolResult:
    can = ctx.session.client_capabilities
    requests: types.InputRequests = {}
    if can and can.elicitation:
        requests |= _NAME
    if can and can.sampling:
        requests["greeting"] = _sample("Generate a greeting", 50)
    if not requests or params.input_responses:
        return answer(text("Nothing to ask."))
    return types.InputRequiredResult(input_requests=requests)


async def _needs_sampling(ctx: Ctx, _params: types.CallToolRequestParams) -> ToolResult:
    can = ctx.session.client_capabilities
    if not (can and can.sampling):
        raise MCPError(
            types.MISSING_REQUIRED_CLIENT_CAPABILITY,
            "This tool needs sampling.",
            data={"requiredCapabilities": {"sampling": {}}},
        )
    return answer(text("Sampling is there."))


async def _sampling(ctx: Ctx, params: types.CallToolRequestParams) -> ToolResult:
    said = str((params.arguments or {}).get("prompt", ""))
    got = await ctx.session.create_message(  # pyright: ignore[reportDeprecated]
        [types.SamplingMessage(role="user", content=text(said))],
        max_tokens=100,
        related_request_id=ctx.request_id,
    )
    reply = got.content.text if isinstance(got.content, types.TextContent) else ""
    return answer(text(f"LLM response: {reply}"))


def _elicits(properties: dict[str, Any], message: str = "Please answer.") -> Handler:
    async def handler(ctx: Ctx, params: types.CallToolRequestParams) -> ToolResult:
        said = str((params.arguments or {}).get("message", message))
        schema: dict[str, Any] = {"type": "object", "properties": properties}
        got = await ctx.session.elicit_form(said, schema, ctx.request_id)
        content = json.dumps(got.content)
        return answer(text(f"Elicitation completed: action={got.action}, content={content}"))

    return handler


def _publishes(bus: InMemorySubscriptionBus, event: ServerEvent) -> Handler:
    async def handler(_ctx: Ctx, _params: types.CallToolRequestParams) -> ToolResult:
        await bus.publish(event)
        return answer(text("Told."))

    return handler


def _argument(name: str) -> dict[str, Any]:
    return {"type": "object", "properties": {name: {"type": "string"}}, "required": [name]}


_THREE = ["option1", "option2", "option3"]
_TITLED = [{"const": f"value{i}", "title": f"Choice {i}"} for i in (1, 2, 3)]
_ENUMS: dict[str, Any] = {
    "untitledSingle": {"type": "string", "enum": _THREE},
    "titledSingle": {"type": "string", "oneOf": _TITLED},
    "legacyEnum": {
        "type": "string",
        "enum": ["opt1", "opt2", "opt3"],
        "enumNames": ["Option One", "Option Two", "Option Three"],
    },
    "untitledMulti": {"type": "array", "items": {"type": "string", "enum": _THREE}},
    "titledMulti": {"type": "array", "items": {"anyOf": _TITLED}},
}
_DEFAULTS: dict[str, Any] = {
    "name": {"type": "string", "default": "John Doe"},
    "age": {"type": "integer", "default": 30},
    "score": {"type": "number", "default": 95.5},
    "status": {
        "type": "string",
        "enum": ["active", "inactive", "pending"],
        "default": "active",
    },
    "verified": {"type": "boolean", "default": True},
}
_USER: dict[str, Any] = {
    "username": {"type": "string", "description": "User's response"},
    "email": {"type": "string", "description": "User's email address"},
}


def asking_tools(bus: InMemorySubscriptionBus) -> tuple[Fixture, ...]:
    """The tools; those that change a list tell it over `bus`."""
    prefix = "test_input_required_result_"
    confirm: types.InputRequests = {"confirm": form("Please confirm", ok={"type": "boolean"})}
    greeting = _sample("Generate a greeting", 50)
    return (
        Fixture(f"{prefix}elicitation", _greet),
        Fixture("test_streaming_elicitation", _greet),
        Fixture(
            f"{prefix}sampling",
            _asks({"capital_question": _sample("What is the capital of France?", 100)}),
        ),
        Fixture(f"{prefix}list_roots", _asks({"client_roots": _ROOTS})),
        Fixture(f"{prefix}request_state", _asks(confirm, "asked", "state-ok")),
        Fixture(f"{prefix}tampered_state", _asks(confirm, "asked", "state-ok")),
        Fixture(
            f"{prefix}multiple_inputs",
            _asks({**_NAME, "greeting": greeting, "client_roots": _ROOTS}, "asked"),
        ),
        Fixture(f"{prefix}multi_round", _two_rounds),
        Fixture(f"{prefix}capabilities", _what_the_client_can),
        Fixture("test_missing_capability", _needs_sampling),
        Fixture("test_sampling", _sampling, _argument("prompt")),
        Fixture("test_elicitation", _elicits(_USER), _argument("message")),
        Fixture("test_elicitation_sep1034_defaults", _elicits(_DEFAULTS)),
        Fixture("test_elicitation_sep1330_enums", _elicits(_ENUMS)),
        Fixture("test_trigger_tool_change", _publishes(bus, ToolsListChanged())),
        Fixture("test_trigger_prompt_change", _publishes(bus, PromptsListChanged())),
    )
