"""`lfr`: the commands, in the order a newcomer meets them."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Annotated

import typer

import lfr_kit
from lfr_kit.cli.output import report_error
from lfr_kit.errors import LfrError

__all__ = ["app", "main"]

app = typer.Typer(
    name="lfr",
    help="LFR Kit: overt, watchlist-based live facial recognition, in which a person decides.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_GROUPS = ("models", "evaluate", "bench")
_COMMANDS = ("doctor", "demo", "scan")

for _name in _COMMANDS:
    app.command(_name)(getattr(import_module(f"lfr_kit.cli.{_name}"), _name))
for _name in _GROUPS:
    app.add_typer(import_module(f"lfr_kit.cli.{_name}").app, name=_name)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(lfr_kit.__version__)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Runs a command; expected faults end it with status 1 and a sentence, not a traceback."""
    try:
        app()
    except LfrError as error:
        report_error(error, as_json="--json" in sys.argv)
        sys.exit(1)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)


if __name__ == "__main__":
    main()
