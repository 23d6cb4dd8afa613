"""`lfr deployment check-in | check-out`: officers on the ground, without whom nothing is looked at."""

from __future__ import annotations

from time import monotonic, sleep
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lfr_kit.cli.deployment_fields import DeploymentArgument
from lfr_kit.cli.output import JsonOption, emit, results
from lfr_kit.cli.signed_in import signed_in
from lfr_kit.cli.visible import visible

if TYPE_CHECKING:
    from collections.abc import Callable

    from lfr_kit.store.store import Store

__all__ = ["check_in", "check_out", "present_fields", "present_in_words"]

_BEATS_UNTIL_LOST = 4
_LOOK_EVERY_S = 0.2


def check_in(
    deployment_id: DeploymentArgument,
    team: Annotated[str, typer.Option("--team", help="What your team is called: 'team 2'.")],
    camera: Annotated[str, typer.Option("--camera", help="The camera you stand near, by its id.")] = "",
    stay: Annotated[
        bool, typer.Option("--stay", help="Stay until Ctrl-C, which checks out; else you count for a minute.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """You are on the ground: cameras are lit only while somebody is. Within the window of a granted deployment."""
    from lfr_kit.config import settings
    from lfr_kit.operations import presence

    lost_after_s = settings().live.presence_lost_after_s
    with signed_in() as (store, actor):
        presence.check_in(store, actor, deployment_id, team=team, camera_id=camera)
        _say(store, deployment_id, _welcome(deployment_id, lost_after_s, stay=stay), as_json=as_json)
        if stay:
            from lfr_kit.reports.footage_scan import interruptible

            with interruptible() as switch:
                _stay(store, deployment_id, lost_after_s / _BEATS_UNTIL_LOST, lambda: switch.is_thrown)
            presence.check_out(store, actor, deployment_id)
            if not as_json:
                _say(store, deployment_id, "You are checked out.", as_json=False)


def check_out(deployment_id: DeploymentArgument, as_json: JsonOption = False) -> None:
    """You leave the ground; if nobody else is there, the cameras go dark."""
    from lfr_kit.operations import presence

    with signed_in() as (store, actor):
        presence.check_out(store, actor, deployment_id)
        _say(store, deployment_id, "You are checked out.", as_json=as_json)


def present_fields(store: Store, deployment_id: str) -> list[dict[str, Any]]:
    """Who is on the ground, as plain values."""
    from lfr_kit.config import settings
    from lfr_kit.operations import presence

    now = store.clock()
    return [
        {
            "user_id": each.user_id,
            "team": each.team,
            "camera_id": each.camera_id,
            "checked_in_at": each.checked_in_at,
            "seen_s_ago": round(max(0.0, (now - each.seen_at).total_seconds()), 1),
        }
        for each in presence.present(store, deployment_id, settings().live.presence_lost_after_s)
    ]


def present_in_words(present: list[dict[str, Any]]) -> str:
    """Who is on the ground, in one line."""
    near = [f" at {each['camera_id']}" if each["camera_id"] else "" for each in present]
    teams = [f"{each['team']} ({each['user_id']}{at})" for each, at in zip(present, near, strict=True)]
    return ", ".join(teams) or "nobody: cameras stay dark"


def _welcome(deployment_id: str, lost_after_s: float, *, stay: bool) -> str:
    if stay:
        return "You are checked in, until Ctrl-C."
    again = f"lfr deployment check-in {deployment_id} --team TEAM --stay"
    return f"You are checked in, for {lost_after_s:.0f} s unless you are heard of again. To stay: {again}"


def _stay(store: Store, deployment_id: str, every_s: float, is_over: Callable[[], bool]) -> None:
    """A sign of life again and again, as whoever is signed in here still; a store that is away is tried again."""
    from lfr_kit.errors import StoreBusyError
    from lfr_kit.operations import presence
    from lfr_kit.operations.sessions import actor_of_terminal

    beat_at = monotonic() + every_s
    while not is_over():
        if monotonic() >= beat_at:
            try:
                presence.heartbeat(store, actor_of_terminal(store), deployment_id)
            except StoreBusyError as away:
                results().print(visible(f"not heard: {away}"), markup=False, highlight=False)
            beat_at = monotonic() + every_s
        sleep(_LOOK_EVERY_S)


def _say(store: Store, deployment_id: str, line: str, *, as_json: bool) -> None:
    present = present_fields(store, deployment_id)
    if as_json:
        emit({"deployment_id": deployment_id, "present": present})
        return
    for each in (line, f"On the ground: {present_in_words(present)}"):
        results().print(visible(each), soft_wrap=True, markup=False, highlight=False)
