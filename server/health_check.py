"""`jax-workbench health`: does the server in this container answer? Server only."""

import http.client
import sys

from jax_workbench.server.settings import Settings

WELL, ILL = 0, 1
_LIMIT_S = 5.0
_ANY = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "[::]": "::1"}  # noqa: S104 - read, not bound


def show_health(settings: Settings) -> int:
    """Print what /health says; 0 where jobs can run, or where there is no HTTP face to ask."""
    if not settings.http:
        sys.stdout.write("JAX_WORKBENCH_HTTP is not set: a server on stdin has no health page.\n")
        return WELL
    host, _, port = settings.http.rpartition(":")
    asked = http.client.HTTPConnection(_ANY.get(host, host.strip("[]")), int(port), _LIMIT_S)
    try:
        asked.request("GET", "/health")
        answer = asked.getresponse()
        sys.stdout.write(f"{answer.status} {answer.read().decode('utf-8', 'replace')}\n")
    except (OSError, http.client.HTTPException) as error:
        sys.stdout.write(f"{settings.http} does not answer: {error}\n")
        return ILL
    finally:
        asked.close()
    return WELL if answer.status == http.client.OK else ILL
