"""The program `jax-workbench`: `lint` without the server, which would take most of its time."""

import argparse
import sys


def main() -> None:
    """Run one command and exit with its code."""
    if sys.argv[1:2] == ["lint"]:
        from jax_workbench.server.lint_options import add_lint_options, run_lint  # noqa: PLC0415

        parser = argparse.ArgumentParser(prog="jax-workbench lint")
        add_lint_options(parser)
        sys.exit(run_lint(parser.parse_args(sys.argv[2:])))
    from jax_workbench.server.__main__ import main as serve  # noqa: PLC0415

    serve()
