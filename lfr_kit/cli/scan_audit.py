"""How `lfr scan` accounts for itself: under a store it is logged; without one it does not happen by accident."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from lfr_kit.cli.output import console
from lfr_kit.cli.signed_in import signed_in
from lfr_kit.errors import GovernanceError, LfrError, PermissionRefusedError

if TYPE_CHECKING:
    from lfr_kit.governance.roles import Actor
    from lfr_kit.operations.footage import FootageScan
    from lfr_kit.reports.run_record import RunRecord
    from lfr_kit.store.store import Store

__all__ = ["accounted_for"]

GENERATED = "walkthrough"
"""The source in which nobody is: no reason is needed."""

Ended = Callable[["RunRecord"], LfrError | None]
"""Called once with what came of the scan; gives back the fault, if that could not be logged."""


@contextmanager
def accounted_for(source: str, references: Path, *, reason: str, is_unaudited: bool) -> Iterator[Ended]:
    """Begins a scan in the audit log, before anything is looked at; yields what to call at its end.

    Raises
    ------
    PermissionRefusedError
        If the signed-in user may not scan, or ``--unaudited`` is given though there is a store.
    JustificationError, SignInError
        If there is a store, and no reason or nobody signed in.
    GovernanceError
        If there is no store, and ``--unaudited`` is not given.
    """
    from lfr_kit.operations import footage

    if source == GENERATED:
        yield lambda run: None
    elif not footage.there_is_a_store():
        _check_unaudited(is_unaudited)
        yield lambda run: None
    elif is_unaudited:
        raise PermissionRefusedError("--unaudited: there is a store here, so it is audited; leave the option out")
    else:
        with signed_in() as (store, actor):
            begun = footage.begin_scan(store, actor, source, references, justification=reason)
            try:
                yield lambda run: _ended(store, actor, begun, run)
            except BaseException:
                _ended(store, actor, begun, None)
                raise


def _ended(store: Store, actor: Actor, begun: FootageScan, run: RunRecord | None) -> LfrError | None:
    from lfr_kit.operations.footage import end_scan

    counts = {"frames": run.frames, "faces_seen": run.faces_seen, "alerts": len(run.alerts)} if run else {}
    try:
        end_scan(store, actor, begun, counts, ended_early=run.ended_early if run else "it failed")
    except LfrError as not_logged:
        return not_logged
    return None


def _check_unaudited(is_unaudited: bool) -> None:
    if not is_unaudited:
        raise GovernanceError(
            "there is no store here, so nobody could see later who searched this footage and why; make one with: "
            "lfr keys init (or say --unaudited, for footage of people who agreed to it)"
        )
    console().print(
        "[yellow]Not audited[/]: there is no store here; make one with: lfr keys init", highlight=False
    )
