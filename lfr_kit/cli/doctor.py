"""`lfr doctor`: what is installed, which models and cameras are there, and the line that mends what is missing."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer

from lfr_kit.cli.output import JsonOption, emit, results
from lfr_kit.errors import SettingError

if TYPE_CHECKING:
    from lfr_kit.checkup import Finding

__all__ = ["doctor"]

_MARK = {"ok": "[green]ok[/]", "note": "[cyan]note[/]", "missing": "[red]missing[/]", "wrong": "[red]wrong[/]"}


def doctor(as_json: JsonOption = False) -> None:
    """Says what is installed, which models and cameras work, and how to mend what is missing."""
    from lfr_kit.checkup import examine

    findings = list(examine())
    is_good = not any(each.is_wanting for each in findings)
    if as_json:
        emit({"ok": is_good, "findings": [asdict(each) for each in findings], "settings": _settings_in_force()})
    else:
        _print(findings, is_good)
    if not is_good:
        raise typer.Exit(1)


def _settings_in_force() -> dict[str, Any] | None:
    from lfr_kit.config import settings

    try:
        return settings().model_dump(mode="json")
    except SettingError:
        return None


def _print(findings: list[Finding], is_good: bool) -> None:
    from rich.table import Table
    from rich.text import Text

    screen = results()
    for topic in dict.fromkeys(each.topic for each in findings):
        table = Table(box=None, pad_edge=False, show_header=False, title=topic, title_justify="left")
        for each in (each for each in findings if each.topic == topic):
            detail = f"{each.detail}\n  mend: {each.mend}" if each.mend else each.detail
            table.add_row(_MARK[each.state], each.name, Text(detail, overflow="fold"))
        screen.print(table)
    for key, value in (_settings_in_force() or {}).items():
        screen.print(f"  {key} = {value}", soft_wrap=True, markup=False, highlight=False)
    n_wanting = sum(each.is_wanting for each in findings)
    screen.print(
        "all that is required is there" if is_good else f"{n_wanting} required things are wanting, see above"
    )
