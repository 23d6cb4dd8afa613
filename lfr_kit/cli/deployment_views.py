"""`lfr deployment list | show | check | checklist`: where deployments stand, and what is still to be done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from lfr_kit.cli.deployment_fields import (
    DeploymentArgument,
    deployment_fields,
    next_fields,
    print_next,
    when,
)
from lfr_kit.cli.deployment_presence import present_fields, present_in_words
from lfr_kit.cli.output import JsonOption, emit, results
from lfr_kit.cli.signed_in import ReasonOption, signed_in
from lfr_kit.cli.visible import visible
from lfr_kit.governance.checklist import ChecklistItem

if TYPE_CHECKING:
    from lfr_kit.governance.authority import Authority
    from lfr_kit.governance.deployment_state import Deployment
    from lfr_kit.operations.deployments import History
    from lfr_kit.store.repository.deployments import Event

__all__ = ["check", "checklist", "list_", "show"]

_COLOURS = {
    "open": "bold green",
    "paused": "yellow",
    "requested": "cyan",
    "granted": "green",
    "aborted": "red",
    "done": "green",
    "failed": "red",
}


def list_(as_json: JsonOption = False) -> None:
    """Every deployment, where it stands, and who does what next."""
    from lfr_kit.operations import deployments

    with signed_in() as (store, actor):
        found, at = deployments.listing(store, actor), store.clock()
        damaged = deployments.damaged(store, actor)
    rows = [{**deployment_fields(each), "next": next_fields(each, at)} for each in found]
    if as_json:
        emit({"deployments": rows, "damaged": [vars(each) for each in damaged]})
        return
    table = _table("deployment", "state", "place", "begins", "ends", "next")
    for row in rows:
        times = when(row["starts_at"]), when(row["ends_at"])
        state = _state(row["state"], "unratified" if row["ended_unratified"] else "")
        _add(table, row["deployment_id"], state, row["place"], *times, _first(row["next"]))
    for each in damaged:
        times = when(each.starts_at), when(each.ends_at)
        _add(table, each.deployment_id, _state(each.state, "damaged"), "", *times, f"cannot be read: {each.why}")
    results().print(table if rows or damaged else "No deployment yet. Begin one: lfr deployment template")


def show(deployment_id: DeploymentArgument, reason: ReasonOption = "", as_json: JsonOption = False) -> None:
    """A deployment with its grounds, its history and its next steps; the look is logged."""
    from lfr_kit.operations import deployments

    with signed_in() as (store, actor):
        found, at = deployments.history(store, actor, deployment_id, reason=reason), store.clock()
        present = present_fields(store, deployment_id)
    if as_json:
        emit(
            {
                **deployment_fields(found.deployment),
                "authority": _authority_fields(found.deployment.authority),
                "events": [_event_fields(each) for each in found.events],
                "checklist_open": [str(item) for item in found.to_do],
                "present": present,
                "next": next_fields(found.deployment, at),
            }
        )
        return
    for part in (_head_of(found, present), _grounds_of(found.deployment.authority), _timeline_of(found)):
        results().print(part, end="\n\n")
    print_next(found.deployment, at)


def check(deployment_id: DeploymentArgument, as_json: JsonOption = False) -> None:
    """Everything that still refuses a start, one by one; status 1 while anything does."""
    from lfr_kit.governance.roles import Action, require
    from lfr_kit.operations import deployments

    with signed_in() as (store, actor):
        require(actor, Action.DEPLOYMENT_VIEW)
        refusals = deployments.start_refusals(store, deployment_id)
    if as_json:
        emit({"deployment_id": deployment_id, "may_start": not refusals, "refusals": refusals})
    elif refusals:
        from rich.text import Text

        table = _table("", "refuses", "because")
        for refusal in refusals:
            what, _, why = refusal.partition(": ")
            _add(table, Text("x", "red"), what, why)
        results().print(table)
    else:
        results().print(f"{visible(deployment_id)} may start.", highlight=False, markup=False)
    if refusals:
        raise typer.Exit(1)


def checklist(
    deployment_id: DeploymentArgument,
    done: Annotated[ChecklistItem | None, typer.Option("--done", help="Vouch for this item.")] = None,
    failed: Annotated[ChecklistItem | None, typer.Option("--failed", help="Say that it is not so.")] = None,
    reason: Annotated[str, typer.Option("--reason", help="Who, where, how it came out; kept sealed.")] = "",
    as_json: JsonOption = False,
) -> None:
    """What people do on the ground; without --done or --failed, what is done and what is not.

    Nobody vouches for what the program sees for itself: officers who are checked in, the blue-list check.
    """
    from lfr_kit.governance.checklist import ItemResult, Ticked
    from lfr_kit.operations import deployments

    item = done or failed
    if done and failed:
        raise typer.BadParameter("give --done or --failed, not both")
    with signed_in() as (store, actor):
        if item is not None:
            ticked = Ticked(item, ItemResult.DONE if done else ItemResult.FAILED)
            deployments.tick_off(store, actor, deployment_id, ticked, note=reason)
        latest = deployments.checklist(store, actor, deployment_id)
    _say_checklist(deployment_id, {each.item: str(each.result) for each in latest}, as_json=as_json)


def _say_checklist(deployment_id: str, latest: dict[ChecklistItem, str], *, as_json: bool) -> None:
    from lfr_kit.governance.checklist import BEFORE_OPENING, ITEMS

    rows = [
        {
            "item": str(item),
            "what": what,
            "result": latest.get(item),
            "is_required_before_opening": item in BEFORE_OPENING,
        }
        for item, what in ITEMS.items()
    ]
    is_ready = all(latest.get(item) == "done" for item in BEFORE_OPENING)
    if as_json:
        emit({"deployment_id": deployment_id, "is_ready": is_ready, "items": rows})
        return
    table = _table("", "item", "what is vouched for", "when")
    for row in rows:
        before = "before opening" if row["is_required_before_opening"] else "after the end"
        _add(table, _state(str(row["result"] or "-")), row["item"], row["what"], before)
    results().print(table)


def _head_of(found: History, present: list[dict[str, Any]]) -> Any:
    each = found.deployment
    table = _table(f"Deployment {each.deployment_id}", "")
    urgent = "urgently, " + _ratified(each)
    lists = f"bound at opening; see: lfr watchlist list --deployment {each.deployment_id}"
    lines = {
        "state": _state(str(each.state)),
        "use case": str(each.authority.use_case),
        "place": each.authority.place,
        "window": f"{when(each.starts_at)} to {when(each.ends_at)}",
        "threshold": f"{each.threshold:g} on {each.authority.score_scale}, by {each.authority.calibration_id}",
        "watchlist": each.watchlist_id or lists,
        "on the ground": present_in_words(present),
        "asked for by": ", ".join(sorted(each.asked_by)),
        "granted by": f"{each.granted_by or 'nobody yet'}{f' ({urgent})' if each.is_urgent else ''}",
        "plan's digest": each.authority_digest,
    }
    for name, value in lines.items():
        _add(table, name, value)
    return table


def _ratified(each: Deployment) -> str:
    if each.ratified_by:
        return f"ratified by {each.ratified_by}"
    awaited = f"to be ratified by {when(each.ratify_by)}"
    return f"ENDED UNRATIFIED, {awaited}" if each.ended_unratified else awaited


def _grounds_of(authority: Authority) -> Any:
    table = _table("ground", "as the plan states it")
    for name, value in _authority_fields(authority).items():
        if name not in ("use_case", "place", "starts_at", "ends_at"):
            _add(table, name.replace("_", " "), _in_words(value))
    return table


def _timeline_of(found: History) -> Any:
    table = _table("when", "who", "what", "why")
    for each in found.events:
        _add(table, when(each.at), each.actor_id, _what(each), each.reason)
    return table


def _what(each: Event) -> str:
    data = dict(each.data)
    step = data.pop("step", None)
    if step is not None and each.from_state != each.to_state:
        return f"{step}, now {each.to_state}".replace("_", " ")
    told = ", ".join(f"{name} {value}" for name, value in data.items())
    return f"{step or each.kind}{': ' if told else ''}{told}".replace("_", " ")


def _authority_fields(authority: Authority) -> dict[str, Any]:
    """All but what opens the cameras, which may hold passwords."""
    fields = authority.model_dump(mode="json")
    for camera in fields["cameras"]:
        del camera["source"]
        camera["zone"] = camera["zone"] or "whole frame"
    return fields


def _event_fields(each: Event) -> dict[str, Any]:
    return {
        "seq": each.seq,
        "at": each.at,
        "actor_id": each.actor_id,
        "kind": each.kind,
        "from_state": each.from_state,
        "to_state": each.to_state,
        "data": dict(each.data),
        "reason": each.reason,
    }


def _in_words(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{name.replace('_', ' ')}: {_in_words(item)}" for name, item in value.items())
    if isinstance(value, list) and value and isinstance(value[0], float):
        return "/".join(f"{number:g}" for number in value)
    if isinstance(value, list):
        return ", ".join(map(_in_words, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _first(steps: list[dict[str, Any]]) -> str:
    if not steps:
        return ""
    step = steps[0]
    return f"{step['step'].replace('_', ' ')} ({' or '.join(step['roles'])})"


def _state(state: str, wrong: str = "") -> Any:
    """A state in its colour; what is wrong with it in red."""
    from rich.text import Text

    shown = Text(state, _COLOURS.get(state, ""))
    return shown.append(f", {wrong}", "bold red") if wrong else shown


def _add(table: Any, *cells: Any) -> None:
    """A row; text is shown as it is, never taken for markup."""
    from rich.text import Text

    table.add_row(*(cell if isinstance(cell, Text) else Text(visible(cell)) for cell in cells))


def _table(*columns: str) -> Any:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column == "deployment")
    return table
