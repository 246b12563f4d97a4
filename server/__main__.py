"""The command line: `jax-workbench`, or `python -m jax_workbench.server`. Server only."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import fields
from importlib.metadata import version
from pathlib import Path

import anyio

from jax_workbench.server.app import build_server
from jax_workbench.server.call_once import call_once
from jax_workbench.server.client_configs import CLIENTS, show_config
from jax_workbench.server.compiled_base import read_base, set_up
from jax_workbench.server.demo import show_demo
from jax_workbench.server.distribution_files import FILES
from jax_workbench.server.doctor import show_findings
from jax_workbench.server.health_check import show_health
from jax_workbench.server.jobs import JobBook
from jax_workbench.server.lint_options import add_lint_options, run_lint
from jax_workbench.server.log_lines import log_audit, log_to_stderr
from jax_workbench.server.run_store import RunStore
from jax_workbench.server.sandboxing import local_pool
from jax_workbench.server.serve import serve_stdio
from jax_workbench.server.settings import PREFIX, Settings, SettingsError
from jax_workbench.tools.catalog import ALL_TOOLS

NAME = "jax-workbench"
BAD_SETTING = 2


def main(argv: Sequence[str] | None = None) -> None:
    """Run one command and exit with its code; without a command, serve."""
    options = _parser().parse_args(argv)
    try:
        settings = Settings.read(vars(options))
        log_to_stderr(settings)
        code = anyio.run(_run, options, settings)
    except SettingsError as error:
        sys.stderr.write(f"jax-workbench: {error}\n")
        code = BAD_SETTING
    sys.exit(code)


async def _run(options: argparse.Namespace, settings: Settings) -> int:  # noqa: PLR0911 - one a command
    match options.command:
        case "call":
            return await call_once(options.tool, options.arguments, options.out, settings)
        case "config":
            return show_config(options.client, settings, options.out)
        case "demo":
            return await show_demo()
        case "lint":
            return run_lint(options)
        case "gate":
            # Imported where it is needed: a client that starts the server on stdio waits for it.
            from jax_workbench.server.gate import GateOptions, run_gate  # noqa: PLC0415

            given = {name: getattr(options, name) for name in GateOptions.__match_args__}
            return await run_gate(GateOptions(**given), settings)
        case "doctor":
            return await show_findings(settings)
        case "setup":
            return await set_up(settings)
        case "health":
            return show_health(settings)
        case _:
            return await _serve(settings)


async def _serve(settings: Settings) -> int:
    log_audit(settings)
    pool = local_pool(settings, read_base(settings))
    jobs = JobBook(max_unfinished=settings.max_unfinished)
    if not settings.http:
        server = build_server(ALL_TOOLS, pool, settings, RunStore.open(settings), jobs)
        return await serve_stdio(server, jobs)
    # Imported where it is needed: a client that starts the server on stdio waits for it.
    from jax_workbench.server.http import door_of, serve_http  # noqa: PLC0415

    door = door_of(settings)
    server = build_server(ALL_TOOLS, pool, settings, RunStore.open(settings), jobs)
    return await serve_http(server, jobs, door, pool.status, settings.finish_s)


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    for field in fields(Settings):
        option = f"--{field.name.replace('_', '-')}"
        common.add_argument(
            option,
            metavar="X",
            default=argparse.SUPPRESS,
            help=f"else {PREFIX}{field.name.upper()}",
        )
    parser = argparse.ArgumentParser(
        prog=NAME,
        description="Measured facts about JAX code, over MCP.",
        parents=[common],
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {version(NAME)}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands.add_parser(
        "serve", parents=[common], help="serve on stdin and stdout (the default), or over HTTP"
    )
    commands.add_parser("demo", help="call the server through a real client and show the answers")
    commands.add_parser(
        "doctor", parents=[common], help="say what this host gives to jobs, and what mends the rest"
    )
    commands.add_parser(
        "setup",
        parents=[common],
        help="compile what first calls of each client would compile",
    )
    commands.add_parser(
        "health", parents=[common], help="ask the server at JAX_WORKBENCH_HTTP how it is"
    )
    config = commands.add_parser("config", parents=[common], help="print what a client is told")
    known = [*CLIENTS, *FILES]
    config.add_argument("client", choices=known, metavar="CLIENT", help=", ".join(known))
    config.add_argument("--out", type=Path, metavar="FILE", help="write it there")
    _add_call_options(
        commands.add_parser("call", parents=[common], help="run one tool and print its answer")
    )
    _add_gate_options(
        commands.add_parser("gate", parents=[common], help="fail where code has become slower")
    )
    lint = commands.add_parser("lint", help="find JAX bugs in files, folders and notebooks")
    add_lint_options(lint)
    return parser


def _add_call_options(call: argparse.ArgumentParser) -> None:
    call.add_argument("tool", metavar="TOOL", help="its name")
    call.add_argument(
        "arguments",
        metavar="ARGS.json",
        nargs="?",
        help="the arguments as one JSON object, or a file that holds them; - reads stdin",
    )
    call.add_argument("--out", type=Path, metavar="DIR", help="write the run's files there")


def _add_gate_options(gate: argparse.ArgumentParser) -> None:
    gate.add_argument("file", type=Path, metavar="FILE.toml", help="the benchmarks")
    old = gate.add_mutually_exclusive_group()
    old.add_argument("--against", default="", metavar="REV", help="git revision of the old code")
    old.add_argument("--programs", type=Path, metavar="DIR", help="else programs kept earlier")
    gate.add_argument("--keep", type=Path, metavar="DIR", help="keep this run's programs there")
    gate.add_argument("--junit", type=Path, metavar="FILE", help="write JUnit XML")
    gate.add_argument("--summary", type=Path, metavar="FILE", help="write a Markdown table")


if __name__ == "__main__":
    main()
