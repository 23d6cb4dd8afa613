"""Deployments in JSON and on the terminal."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lfr_kit.cli.output import emit, results
from lfr_kit.cli.visible import visible

if TYPE_CHECKING:
    from lfr_kit.governance.deployment_state import Deployment
    from lfr_kit.store.store import Store

__all__ = ["DeploymentArgument", "deployment_fields", "next_fields", "print_next", "say_deployment", "when"]

DeploymentArgument = Annotated[str, typer.Argument(metavar="DEPLOYMENT", help="Its id, see: lfr deployment list")]


def when(moment: datetime | None) -> str:
    """A time as people read it, in UTC; empty for none."""
    return "" if moment is None else f"{moment:%Y-%m-%d %H:%M} UTC"


def deployment_fields(found: Deployment) -> dict[str, Any]:
    """Where a deployment stands, as plain values; nothing of its grounds."""
    return {
        "deployment_id": found.deployment_id,
        "state": str(found.state),
        "use_case": str(found.authority.use_case),
        "place": found.authority.place,
        "starts_at": found.starts_at,
        "ends_at": found.ends_at,
        "threshold": found.threshold,
        "calibration_id": found.authority.calibration_id,
        "authority_digest": found.authority_digest,
        "asked_by": sorted(found.asked_by),
        "granted_by": found.granted_by,
        "is_urgent": found.is_urgent,
        "ratify_by": found.ratify_by,
        "ratified_by": found.ratified_by,
        "ended_unratified": found.ended_unratified,
        "watchlist_id": found.watchlist_id,
        "closed_at": found.closed_at,
    }


def next_fields(found: Deployment, at: datetime) -> list[dict[str, Any]]:
    """Which steps people can take now, as plain values."""
    from lfr_kit.governance.next_steps import next_steps

    return [
        {
            "step": str(each.step),
            "command": each.command,
            "roles": [str(role) for role in each.roles],
            "not_by": list(each.not_by),
            "note": each.note,
        }
        for each in next_steps(found, at)
    ]


def print_next(found: Deployment, at: datetime) -> None:
    """What comes next, the likeliest first: how each step is typed, in one line; who may, what to know."""
    rows = next_fields(found, at)
    lines = ["Next:"] if rows else ["Nothing more is to be done with it here."]
    for row in rows:
        who = " or ".join(row["roles"])
        who += f", not {', '.join(row['not_by'])}" if row["not_by"] else ""
        lines += [f"  {row['command']}", f"      {who}{'; ' if row['note'] else ''}{row['note']}"]
    for line in lines:
        results().print(visible(line), soft_wrap=True, highlight=False, markup=False)


def say_deployment(store: Store, found: Deployment, *, as_json: bool, said: str = "", **more: Any) -> None:
    """Where a deployment stands after a step, and what leads on."""
    at = store.clock()
    if as_json:
        emit({**deployment_fields(found), **more, "next": next_fields(found, at)})
        return
    line = said or f"{found.deployment_id} is {found.state}."
    results().print(visible(line), soft_wrap=True, highlight=False, markup=False)
    print_next(found, at)
