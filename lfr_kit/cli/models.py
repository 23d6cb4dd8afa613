"""`lfr models`: which weights and portraits there are, whence they come, and whether they are the right ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lfr_kit.cli.output import JsonOption, console, emit, results

if TYPE_CHECKING:
    from lfr_kit.models import ModelCard

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Weights and demo portraits: list, fetch, verify, import.")

Names = Annotated[list[str] | None, typer.Argument(metavar="[NAMES]...", show_default=False)]


@app.command("list")
def list_(as_json: JsonOption = False) -> None:
    """Every model card and whether its file is on this machine."""
    from lfr_kit import models
    from lfr_kit.config import settings

    rows = [_row(each) for each in models.cards()]
    if as_json:
        emit({"models_dir": settings().models_dir, "models": rows})
        return
    _table(rows, ("name", "task", "state", "size", "licence"))
    results().print(f"models folder: {settings().models_dir}", soft_wrap=True, highlight=False, markup=False)


@app.command()
def fetch(
    names: Names = None,
    every: Annotated[bool, typer.Option("--all", help="Every card, also those not needed offline.")] = False,
    folder: Annotated[
        Path | None, typer.Option("--from", help="Copy from this folder first, e.g. a stick.", show_default=False)
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Brings files into the models folder; without names, all that the offline product needs."""
    from lfr_kit import models
    from lfr_kit.config import settings

    if every and names:
        raise typer.BadParameter("give names or --all, not both")
    wanted = [each.name for each in models.cards()] if every else names
    with _bytes_bar() as progress:
        fetched = models.fetch(wanted or None, folder=folder, progress=progress)
    rows = [{"name": each.name, "path": str(each.path), "came_from": each.came_from} for each in fetched]
    if as_json:
        emit({"models_dir": settings().models_dir, "fetched": rows})
    else:
        _table(rows, ("name", "came_from"))


@app.command()
def verify(names: Names = None, as_json: JsonOption = False) -> None:
    """Hashes files anew and compares them with their cards; without names, every file that is there."""
    from lfr_kit import models

    found = models.verify(names or None)
    if not names:
        needed = models.default_names()
        found = [each for each in found if each.state != "missing" or each.name in needed]
    rows = [
        {"name": each.name, "state": each.state, "path": str(each.path), "detail": each.detail} for each in found
    ]
    is_good = all(each.state == "ok" for each in found)
    if as_json:
        emit({"ok": is_good, "models": rows})
    else:
        _table(rows, ("name", "state", "detail"))
    if not is_good:
        raise typer.Exit(1)


@app.command("import")
def import_(
    name: Annotated[str, typer.Argument(help="Name of the model card, see: lfr models list")],
    file: Annotated[Path, typer.Argument(help="The file that was brought.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Accept another file than first came (unpublished digests only).")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Copies a file brought by hand into the models folder, verified."""
    from lfr_kit import models

    with _bytes_bar() as progress:
        imported = models.import_file(name, file, replace=replace, progress=progress)
    if as_json:
        emit({key: getattr(imported, key) for key in ("name", "path", "sha256", "notice")})
        return
    results().print(f"{name}: {imported.path}", soft_wrap=True, highlight=False, markup=False)
    if imported.notice:
        console().print(f"note: {imported.notice}", soft_wrap=True, highlight=False, markup=False)


def _row(which: ModelCard) -> dict[str, Any]:
    """A card as plain values, with `state` found without hashing: here, missing, wrong_size."""
    from lfr_kit.config import settings

    path = settings().models_dir / which.file_name
    state = "missing"
    if path.is_file():
        is_sized = not which.sha256 or path.stat().st_size == which.size_bytes
        state = "here" if is_sized else "wrong_size"
    fields = ("name", "task", "what", "file_name", "size_bytes", "sha256", "licence", "origin", "is_default")
    return {
        **{field: getattr(which, field) for field in fields},
        "embedding_space": which.embedding_space,
        "dimension": which.dimension,
        "sources": [str(source) for source in which.sources],
        "state": state,
        "path": str(path),
        "size": f"{which.size_bytes / 1e6:.1f} MB",
    }


def _table(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(Text(str(row[column])) for column in columns))
    results().print(table)


@contextmanager
def _bytes_bar() -> Iterator[Callable[[str, int, int], None]]:
    """One bar per file on standard error, where somebody watches; yields the listener `fetch` tells."""
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    watching = console()
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=watching, disable=not watching.is_terminal) as bar:
        tasks: dict[str, Any] = {}

        def listen(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = bar.add_task(name)
            bar.update(tasks[name], completed=done, total=total or None)

        yield listen
