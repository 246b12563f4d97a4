"""The bearer tokens of the operator's file, and whether a request carries one. Server only.

One token a line: `NAME TOKEN [expires=2027-01-31T00:00:00Z] [audience=URL]`; `#` starts a comment.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from hmac import compare_digest
from pathlib import Path

from mcp.server.auth.provider import AccessToken

from jax_workbench.server.settings import SettingsError

SCOPE = "jax:run"
SHORTEST_TOKEN = 20
NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
VARIABLE = "JAX_WORKBENCH_TOKEN_FILE"


@dataclass(frozen=True)
class Token:
    """One caller's token. Only its hash is kept: a dump of the server's memory holds no token."""

    name: str
    digest: bytes
    expires_at: int | None
    audience: str


class FileTokens:
    """Verifies bearer tokens against those of a file."""

    def __init__(self, tokens: tuple[Token, ...]) -> None:
        """Accept `tokens` and no others."""
        self._tokens = tokens

    async def verify_token(self, token: str) -> AccessToken | None:
        """Whose token it is, with its audience and expiry, which the caller checks; or None.

        Every token is compared, each in constant time, so that time tells nothing.
        """
        digest = _digest(token)
        found = [known for known in self._tokens if compare_digest(known.digest, digest)]
        if not found:
            return None
        return AccessToken(
            token=token,
            client_id=found[0].name,
            scopes=[SCOPE],
            expires_at=found[0].expires_at,
            resource=found[0].audience,
        )


def read_tokens(path: Path, audience: str) -> FileTokens:
    """The tokens of `path`; those without an audience of their own are for `audience`.

    Raises SettingsError where the file cannot be used; its text holds no token.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{VARIABLE}: {path} cannot be read: {error}.") from error
    tokens = tuple(_tokens(lines, path, audience))
    names = [token.name for token in tokens]
    if not tokens or len({*names}) < len(names):
        raise SettingsError(
            f"{VARIABLE}: {path} must hold at least one line `NAME TOKEN`, each name once."
        )
    return FileTokens(tokens)


def _tokens(lines: list[str], path: Path, audience: str) -> Iterator[Token]:
    for number, line in enumerate(lines, 1):
        words = line.split("#", 1)[0].split()
        if not words:
            continue
        try:
            yield _token(words, audience)
        except ValueError as error:
            raise SettingsError(f"{VARIABLE}: line {number} of {path}: {error}.") from error


def _token(words: list[str], audience: str) -> Token:
    name, secret, *rest = [*words, ""] if len(words) == 1 else words
    if not NAME.fullmatch(name) or len(secret) < SHORTEST_TOKEN:
        raise ValueError(
            f"it must be a name, a space and a token of at least {SHORTEST_TOKEN} characters"
        )
    extras = {name: value for name, _, value in (word.partition("=") for word in rest)}
    unknown = extras.keys() - {"expires", "audience"}
    if unknown:
        raise ValueError(f"unknown {', '.join(sorted(unknown))}; there are expires= and audience=")
    expires = extras.get("expires")
    return Token(
        name=name,
        digest=_digest(secret),
        expires_at=None if expires is None else _seconds(expires),
        audience=extras.get("audience", audience),
    )


def _seconds(stamp: str) -> int:
    moment = datetime.fromisoformat(stamp)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def _digest(token: str) -> bytes:
    return sha256(token.encode("utf-8", "surrogatepass")).digest()
