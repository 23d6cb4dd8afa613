"""`lfr`: the commands, in the order a newcomer meets them."""

from __future__ import annotations

import io
import sys
from importlib import import_module
from typing import Annotated

import typer

import lfr_kit
from lfr_kit.cli.output import report_error
from lfr_kit.errors import LfrError, OutputError

__all__ = ["app", "main"]

app = typer.Typer(
    name="lfr",
    help="LFR Kit: overt, watchlist-based live facial recognition, in which a person decides.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_GROUPS = (
    "models",
    "evaluate",
    "bench",
    "keys",
    "users",
    "deployment",
    "watchlist",
    "alerts",
    "recording",
    "retention",
    "audit",
)
_COMMANDS = ("doctor", "demo", "scan", "run", "dashboard")

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
    _print_whatever_the_terminal_knows()
    try:
        app()
    except LfrError as error:
        report_error(error, as_json="--json" in sys.argv)
        sys.exit(1)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except OSError as error:
        report_error(_outside_fault(error), as_json="--json" in sys.argv)
        sys.exit(1)


def _print_whatever_the_terminal_knows() -> None:
    """Signs that a terminal or a pipe has no code for come out as escapes, not as a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _outside_fault(error: OSError) -> LfrError:
    """The disk, a right, a name: never a fault of the program that a traceback would help with."""
    where = error.filename or "standard output or a file"
    return OutputError(f"{where}: {error.strerror or error}; mend that, or choose another place, and run it again")


if __name__ == "__main__":
    main()
