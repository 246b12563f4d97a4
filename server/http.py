"""Serves over streamable HTTP: who may connect, under which name, and how it ends. Server only."""

import ipaddress
import logging
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass

import anyio
import uvicorn
from mcp.server import Server
from mcp.server.auth.settings import AuthSettings
from mcp.server.transport_security import TransportSecurityMiddleware, TransportSecuritySettings
from pydantic import AnyHttpUrl
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from jax_workbench.sandbox.policy import PoolStatus
from jax_workbench.server.jobs import JobBook
from jax_workbench.server.metrics import CONTENT_TYPE
from jax_workbench.server.quiet_connections import QuietConnections
from jax_workbench.server.request_share import RequestShare
from jax_workbench.server.serve import first_signal
from jax_workbench.server.session_share import PATH, SessionShare
from jax_workbench.server.settings import Settings, SettingsError
from jax_workbench.server.slow_bodies import BODY_S, SlowBodies
from jax_workbench.server.tokens import SCOPE, FileTokens, read_tokens

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
WILDCARDS = ("0.0.0.0", "::", "")  # noqa: S104 - known, not bound
MAX_BODY_MIB = 4
MAX_SESSIONS = 256
SESSIONS_EACH = MAX_SESSIONS // 4
"""Of one token."""
SESSION_IDLE_S = 1800.0
MAX_CONNECTIONS = 512
REQUESTS_EACH = MAX_CONNECTIONS // 4
"""Of one token at a time."""
CLOSING_S = 1
WRITING_S = 0.1

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Address:
    """Where to listen."""

    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        """Only this machine can connect."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def name(self) -> str:
        """As it stands in a URL."""
        return f"[{self.host}]" if ":" in self.host else self.host


@dataclass(frozen=True)
class Door:
    """Who may connect, under which names."""

    address: Address
    url: str
    tokens: FileTokens | None
    security: TransportSecuritySettings


def door_of(settings: Settings) -> Door:
    """What the settings say of HTTP. Raises SettingsError where they would leave it open."""
    address = _address(settings.http)
    url = settings.public_url or f"http://{address.name}:{address.port}{PATH}"
    if settings.token_file is None and not address.is_loopback:
        raise SettingsError(
            f"JAX_WORKBENCH_HTTP={settings.http!r} can be reached from other machines, so a token "
            "is required: set JAX_WORKBENCH_TOKEN_FILE, or listen on 127.0.0.1."
        )
    names = [*LOOPBACK_NAMES, *settings.allowed_hosts]
    if address.host not in WILDCARDS:
        names.append(address.name)
    # "name:*" does not match a Host without a port.
    hosts = [*dict.fromkeys(host for name in names for host in (name, f"{name}:*"))]
    origins = [f"{scheme}://{host}" for host in hosts for scheme in ("http", "https")]
    return Door(
        address,
        url,
        settings.token_file and read_tokens(settings.token_file, url),
        TransportSecuritySettings(allowed_hosts=hosts, allowed_origins=origins),
    )


def http_app(
    server: Server[None],
    door: Door,
    jobs: JobBook,
    status: Callable[[], PoolStatus],
    body_s: float = BODY_S,
) -> Starlette:
    """The application: MCP at /mcp, /health, which needs no token, and /metrics, which does."""

    async def health(_request: Request) -> JSONResponse:
        now = status()
        state = "stopping" if jobs.is_closing else "sandbox_unavailable" if now.problem else "ok"
        facts = {"status": state, "is_ready": now.is_ready, "tier": now.tier}
        return JSONResponse(facts, 200 if state == "ok" else 503)

    async def metrics(request: Request) -> Response:
        refused = await _refusal(request, door)
        if refused is not None:
            return refused
        text = jobs.ledger.metrics.text(status(), jobs.n_unfinished)
        return Response(text, media_type=CONTENT_TYPE)

    auth = None
    if door.tokens is not None:
        auth = AuthSettings(
            issuer_url=AnyHttpUrl(door.url),
            resource_server_url=AnyHttpUrl(door.url),
            required_scopes=[SCOPE],
            validate_token_resource=True,
        )
    app = server.streamable_http_app(
        streamable_http_path=PATH,
        max_request_body_size=MAX_BODY_MIB * 2**20,
        session_idle_timeout=SESSION_IDLE_S,
        max_sessions=MAX_SESSIONS,
        transport_security=door.security,
        host=door.address.host,
        auth=auth,
        token_verifier=door.tokens,
        custom_starlette_routes=[Route("/health", health), Route("/metrics", metrics)],
    )
    # A redirect would name whatever host the request does.
    app.router.redirect_slashes = False
    if door.tokens is not None:
        app.add_middleware(SessionShare, max_sessions=SESSIONS_EACH, idle_s=SESSION_IDLE_S)
        app.add_middleware(RequestShare, max_requests=REQUESTS_EACH)
    app.add_middleware(SlowBodies, body_s=body_s)  # the outermost: it refuses what others misread
    return app


async def _refusal(request: Request, door: Door) -> Response | None:
    """Why a request outside of MCP is refused; the SDK guards only its own path."""
    if door.tokens is not None:
        scheme, _, secret = request.headers.get("authorization", "").partition(" ")
        token = await door.tokens.verify_token(secret) if scheme.lower() == "bearer" else None
        is_good = (
            token is not None
            and token.resource == door.url
            and (token.expires_at is None or token.expires_at > time.time())
        )
        if not is_good:
            return Response(status_code=401, headers={"WWW-Authenticate": "Bearer"})
    return await TransportSecurityMiddleware(door.security).validate_request(request)


class WebServer(uvicorn.Server):
    """Leaves signals to us: uvicorn would wait for running calls, then drop them unanswered."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Do nothing."""
        yield


async def serve_http(
    server: Server[None],
    jobs: JobBook,
    door: Door,
    status: Callable[[], PoolStatus],
    finish_s: float = 0.0,
) -> int:
    """Serve until SIGTERM or SIGINT; each call in flight is answered first. Returns 0.

    Calls may finish for `finish_s`; what takes longer is cancelled and answered so.
    """
    if door.tokens is None:
        logger.warning("No token is asked for: every user of this machine can call %s.", door.url)
    web = WebServer(
        uvicorn.Config(
            http_app(server, door, jobs, status),
            host=door.address.host,
            port=door.address.port,
            log_config=None,
            http=QuietConnections().protocol(),
            ws="none",
            limit_concurrency=MAX_CONNECTIONS,
            timeout_graceful_shutdown=CLOSING_S,
        )
    )

    async def watch() -> None:
        await first_signal()
        await jobs.close(finish_s)
        await anyio.sleep(WRITING_S)
        web.should_exit = True

    async with anyio.create_task_group() as group:
        group.start_soon(watch)
        await web.serve()
        group.cancel_scope.cancel()
    return 0


def _address(text: str) -> Address:
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or int(port) >= 2**16:
        raise SettingsError(
            f"JAX_WORKBENCH_HTTP={text!r} cannot be used: it takes HOST:PORT, like 127.0.0.1:8000."
        )
    return Address(host.removeprefix("[").removesuffix("]"), int(port))
