"""`lfr deployment run`: the engine on the authority's cameras."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from lfr_kit.cli.deployment_fields import DeploymentArgument
from lfr_kit.cli.output import JsonOption, console, emit, progress, results
from lfr_kit.cli.signed_in import signed_in
from lfr_kit.cli.visible import visible

if TYPE_CHECKING:
    from lfr_kit.live.deployment_run import Progress

__all__ = ["Shown", "as_fields", "print_run", "run"]


def run(
    deployment_id: DeploymentArgument,
    as_json: JsonOption = False,
) -> None:
    """Drives the engine on the authority's cameras; stores alerts. Ctrl-C ends it, the deployment stays open."""
    from lfr_kit.live.deployment_run import DeploymentRun
    from lfr_kit.reports.footage_scan import interruptible

    with signed_in() as (store, actor):
        running = DeploymentRun(store, actor, deployment_id)
        total = running.feeds.n_frames
        with interruptible() as switch, progress("comparing", total=total) as bar:
            done = running.run(Shown(bar), lambda: switch.is_thrown)
    if as_json:
        emit(as_fields(deployment_id, done))
    else:
        print_run(deployment_id, done)
    if done.faults or done.n_waiting:
        raise typer.Exit(1)


class Shown:
    """The live line, and a line for each alert once it is in the store."""

    def __init__(self, bar: Any) -> None:
        self._bar, self._watching, self._n_told = bar, console(), 0

    def __call__(self, done: Progress) -> None:
        """After a round."""
        self._bar(1, note=f"{done.faces_seen} faces  {len(done.alert_ids)} alerts")
        for alert_id in done.alert_ids[self._n_told :]:
            line = f"[bold]Alert[/] {alert_id}: look at it with: lfr alerts show {alert_id}"
            self._watching.print(line, soft_wrap=True)
        self._n_told = len(done.alert_ids)


def as_fields(deployment_id: str, done: Progress) -> dict[str, Any]:
    """What a run did, as plain values."""
    return {
        "deployment_id": deployment_id,
        "frames": done.frames,
        "faces_seen": done.faces_seen,
        "alert_ids": done.alert_ids,
        "waiting": done.n_waiting,
        "why_waiting": done.why_waiting,
        "lost": done.n_lost,
        "withdrawn": done.n_withdrawn,
        "refused": dict(done.refused),
        "faults": done.faults,
        "ended_because": done.ended_because,
    }


def print_run(deployment_id: str, done: Progress) -> None:
    """What a run did, in words."""
    out = results()
    out.print(
        f"{deployment_id}: {done.frames:,} frames, {done.faces_seen:,} faces seen, {len(done.alert_ids)} alerts. "
        f"Ended because {done.ended_because}.",
        soft_wrap=True,
        highlight=False,
        markup=False,
    )
    for camera_id, why in done.faults.items():
        out.print(f"Camera {camera_id}: {why}", soft_wrap=True, highlight=False, markup=False)
    for kind, n in done.refused.items():
        out.print(f"{n} alerts were refused by the store and not kept ({kind}); the audit log says why.")
    if n_sealed := done.n_waiting - done.n_lost:
        out.print(f"{n_sealed} alerts wait sealed until the store is back; the next run stores them.")
    if done.why_waiting:
        out.print(f"They wait because: {visible(done.why_waiting)}", soft_wrap=True, highlight=False, markup=False)
    if done.n_lost:
        out.print(f"{done.n_lost} alerts are lost: neither the store nor this machine's disk had room for them.")
    if done.alert_ids:
        said = f"An alert is a possible match: a person decides. See: lfr alerts list {deployment_id}"
        out.print(said, soft_wrap=True, highlight=False, markup=False)
