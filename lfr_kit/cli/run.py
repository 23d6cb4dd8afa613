"""`lfr run`: the runner beside the cameras."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import typer

from lfr_kit.cli.deployment_fields import DeploymentArgument
from lfr_kit.cli.deployment_run import Shown, as_fields, print_run
from lfr_kit.cli.output import JsonOption, emit, progress, report_error
from lfr_kit.cli.signed_in import signed_in
from lfr_kit.errors import StoreBusyError

if TYPE_CHECKING:
    from lfr_kit.live.deployment_run import Progress

__all__ = ["TRY_AGAIN", "run"]

TRY_AGAIN = 75
"""Exit status (EX_TEMPFAIL of sysexits.h) where a supervisor should start it again; 1 is a refusal, and final."""


def run(
    deployment_id: DeploymentArgument,
    as_json: JsonOption = False,
) -> None:
    """Runs an open deployment live: newest frames of all its cameras, alerts, covered previews, health.

    Recordings stand for cameras, in real time, over and over. Ctrl-C or SIGTERM ends it, and who is in view then
    is still compared; the deployment stays open. Exit status 75 says that a supervisor should start it again.
    """
    from lfr_kit.live.runner import run_live
    from lfr_kit.live.steady_memory import keep_frames
    from lfr_kit.reports.footage_scan import interruptible

    _leave_no_core()
    keep_frames()
    try:
        with signed_in() as (store, actor), interruptible() as switch, progress("looking") as bar:
            shown = Shown(bar)
            done = run_live(store, actor, deployment_id, on_step=shown, should_stop=lambda: switch.is_thrown)
    except StoreBusyError as error:
        report_error(error, as_json=as_json)
        sys.exit(TRY_AGAIN)
    _tell(deployment_id, done, as_json=as_json)


def _tell(deployment_id: str, done: Progress, *, as_json: bool) -> None:
    if as_json:
        emit(as_fields(deployment_id, done))
    else:
        print_run(deployment_id, done)
    if done.n_lost or done.why_waiting:
        raise typer.Exit(1)


def _leave_no_core() -> None:
    """A crash must not write the faces in memory to the disk."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
