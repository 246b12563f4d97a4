"""What `jax-workbench lint` is told. Loads nothing of MCP: a commit hook waits for it."""

import argparse
from pathlib import Path

from jax_workbench.server.lint_settings import PROFILES


def add_lint_options(lint: argparse.ArgumentParser) -> None:
    """Options and paths of the command."""
    lint.add_argument("paths", type=Path, nargs="*", metavar="PATH")
    lint.add_argument("--lsp", action="store_true", help="serve an editor on stdin and stdout")
    severities = ("error", "warning", "info")
    lint.add_argument("--format", choices=("text", "json", "sarif", "github"), default="text")
    lint.add_argument("--select", action="append", default=[], metavar="CODE")
    lint.add_argument("--ignore", action="append", default=[], metavar="CODE")
    lint.add_argument("--min-severity", choices=severities, help="default: warning")
    lint.add_argument("--fail-on", choices=severities, help="default: error")
    lint.add_argument("--fix", nargs="?", const="safe", choices=("safe", "unsafe"), default="none")
    lint.add_argument("--profile", choices=PROFILES, default="", help="default: file")
    lint.add_argument("--no-cache", action="store_true", help="lint unchanged files again")
    lint.add_argument("--jobs", "-j", type=_count, default=0, help="processes; 0 is one a core")


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"{number} is below 0")
    return number


def run_lint(options: argparse.Namespace) -> int:
    """Run the command; its exit code."""
    # Imported where it is needed: a client that starts the server on stdio waits for it.
    from jax_workbench.server.lint_command import Choice, lint_command  # noqa: PLC0415

    if options.lsp:
        from jax_workbench.server.lint_lsp import serve_editor  # noqa: PLC0415

        return serve_editor()
    chosen = {name: getattr(options, name) for name in Choice.__match_args__}
    return lint_command(options.paths, options.format, chosen, options.jobs)
