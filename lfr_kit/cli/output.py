"""How commands speak: results on standard output, everything else on standard error.

Exit statuses: 0 done; 1 refused or found wanting; 2 wrong usage.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Annotated, Any

import typer

from lfr_kit.cli.visible import visible
from lfr_kit.errors import LfrError, OutputError

__all__ = ["JsonOption", "console", "emit", "error_fields", "progress", "report_error", "results"]

JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]
"""Annotation of the option every command takes: ``as_json: JsonOption = False``."""


def console() -> Any:
    """The rich console for people watching: standard error."""
    from rich.console import Console

    return Console(stderr=True, emoji=False)


def results() -> Any:
    """The rich console for what was asked for: standard output."""
    from rich.console import Console

    return Console(emoji=False)


def emit(payload: dict[str, Any]) -> None:
    """Prints one JSON object on standard output; numpy numbers and paths are written as plain ones.

    Raises
    ------
    OutputError
        If standard output is closed.
    """
    if sys.stdout is None:
        raise OutputError("standard output is closed; leave it open, or send it to a file")
    sys.stdout.write(json.dumps(payload, indent=2, default=_plain, allow_nan=False) + "\n")
    sys.stdout.flush()


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return str(value)


@contextmanager
def progress(what: str, total: int | None = None) -> Iterator[Callable[..., None]]:
    """A progress bar on standard error; yields ``step(n=1, **fields)``, silent where nobody watches.

    >>> with progress("reading", total=3) as step:
    ...     step()
    ...     step(2)
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(elapsed_when_finished=True),
        TextColumn("{task.fields[note]}"),
    )
    watching = console()
    with Progress(*columns, console=watching, transient=True, disable=not watching.is_terminal) as bar:
        task = bar.add_task(what, total=total, note="")

        def step(n: int = 1, *, note: str = "") -> None:
            bar.update(task, advance=n, note=note)

        yield step


def error_fields(error: LfrError) -> dict[str, Any]:
    """An error as plain values: what stands under ``error`` in JSON."""
    return {"kind": type(error).__name__, "message": str(error), "reason": getattr(error, "reason", None)}


def report_error(error: LfrError, *, as_json: bool) -> None:
    """Says what is wrong and what to do, without a traceback; signs that cannot be seen are written out."""
    if as_json:
        with suppress(OSError, OutputError):  # the fault may be standard output itself
            emit({"error": error_fields(error)})
    if sys.stderr is not None:
        said = "\n".join(map(visible, str(error).split("\n")))
        sys.stderr.write(f"lfr: {said}\n")
