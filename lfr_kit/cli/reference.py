"""docs/commands.md, made from the commands themselves: ``python -m lfr_kit.cli.reference > docs/commands.md``."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import typer.main

__all__ = ["commands", "reference"]

_HEAD = """\
# Commands

Every command takes `--json` (one JSON object on standard output; progress goes to standard error) and ends with
0 = done, 1 = refused or found wanting, 2 = wrong usage. An expected fault is one sentence that says what to do;
with `--json` it is `{"error": {"kind", "message", "reason"}}`. Settings: [settings.md](settings.md).

This page is made from the commands: `python -m lfr_kit.cli.reference > docs/commands.md`.
"""


def commands(group: Any = None, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Every command that does something, with its words: ``("models fetch", command)``."""
    if group is None:
        from lfr_kit.cli.main import app

        group = typer.main.get_command(app)
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


def reference() -> str:
    """The whole page, Markdown."""
    return "\n".join([_HEAD, *(_section(name, command) for name, command in commands())])


def _section(name: str, command: Any) -> str:
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option" and p.name != "help"]
    usage = " ".join(["lfr", name, *(_usage(argument) for argument in arguments)])
    lines = [f"## `lfr {name}`", "", inspect.cleandoc(command.help or ""), "", f"    {usage}", ""]
    if options:
        lines += ["| option | default | what it does |", "|---|---|---|", *map(_row, options), ""]
    return "\n".join(lines)


def _usage(argument: Any) -> str:
    text = str(argument.name).upper() + ("..." if argument.nargs == -1 else "")
    return text if argument.required else f"[{text}]"


def _row(option: Any) -> str:
    names = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
    default = (
        "required"
        if option.required
        else ""
        if option.default is None or option.is_flag or callable(option.default)
        else f"{option.default}"
    )
    help_text = " ".join((option.help or "").split()).replace("|", "\\|")
    return f"| {names} | {default} | {help_text} |"


if __name__ == "__main__":
    print(reference(), end="")
