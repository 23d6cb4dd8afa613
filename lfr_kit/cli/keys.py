"""`lfr keys`: the master key without which the store is closed to everybody."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from lfr_kit.cli.output import JsonOption, console, emit, results
from lfr_kit.cli.signed_in import ReasonOption, signed_in

if TYPE_CHECKING:
    from lfr_kit.operations.keys import Initialised

__all__ = ["app", "check", "init", "rotate"]

_NOT_CLEANED = (
    "another program reads the store, so older wrapped keys may still lie in its log: "
    "destroy the old master key and its backups, end that program and rotate again"
)

app = typer.Typer(no_args_is_help=True, help="The master key and the store it opens: init, check, rotate.")


@app.command()
def init(as_json: JsonOption = False) -> None:
    """Makes a master key and an empty store where there is none; upgrades a store of an older release."""
    from lfr_kit.operations import keys

    made = keys.init()
    if as_json:
        emit(asdict(made))
    else:
        _say(*_in_words(made))
    if made.has_made_key:
        console().print(
            f"Back up {made.key_place} now, apart from the store and its backups: without it all that is in the "
            "store is lost, and whoever has both can read it.",
            soft_wrap=True,
            highlight=False,
            markup=False,
        )
    if made.has_made_store:
        console().print("Next, the first user: lfr users add NAME --role administrator", highlight=False)


@app.command()
def check(as_json: JsonOption = False) -> None:
    """Says which key opens which store and unwraps every data key; exit 1 if something is to be mended."""
    from lfr_kit.operations import keys

    report = keys.check()
    is_good = not report.findings
    if as_json:
        emit({"ok": is_good, **asdict(report)})
    else:
        wrapped = ", ".join(f"{n} under {name}" for name, n in report.n_wrapped.items())
        _say(
            f"master key: {' and '.join(report.master_key_ids)}, in {report.key_place}",
            f"store: {report.store_id} at {report.store}, revision {report.revision}",
            f"data keys: {wrapped}; {report.n_destroyed} destroyed",
            *report.findings,
        )
    if not is_good:
        raise typer.Exit(1)


@app.command()
def rotate(reason: ReasonOption = "", as_json: JsonOption = False) -> None:
    """Wraps every data key with a new master key and lets go of the old one; data is not touched.

    A master key kept in a file serves one store only: no other store under it opens afterwards.
    """
    from lfr_kit.operations import keys

    with signed_in() as (store, actor):
        rotated = keys.rotate(store, actor, reason)
    if as_json:
        emit(asdict(rotated))
        return
    _say(
        f"{rotated.n_rewrapped} data keys are wrapped with {rotated.master_key_id} now; "
        f"let go of: {', '.join(rotated.dropped_key_ids) or 'none'}",
        "back up the new master key, apart from the store and its backups",
        *([] if rotated.has_cleaned_pages else [_NOT_CLEANED]),
    )


def _in_words(made: Initialised) -> list[str]:
    key = f"master key: {made.master_key_id}, in {made.key_place}, "
    store = f"store: {made.store}, "
    is_as_it_was = "there already, left as it is"
    upgraded = f"brought to this release from revision {made.upgraded_from}"
    return [
        key + ("made" if made.has_made_key else is_as_it_was),
        store + ("made" if made.has_made_store else upgraded if made.upgraded_from else is_as_it_was),
    ]


def _say(*lines: str) -> None:
    for line in lines:
        results().print(line, soft_wrap=True, highlight=False, markup=False)
