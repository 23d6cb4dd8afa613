"""`lfr deployment request | grant | ... | abort`: the steps of a deployment, each with a reason that is kept."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from lfr_kit.cli.deployment_fields import DeploymentArgument, say_deployment
from lfr_kit.cli.output import JsonOption
from lfr_kit.cli.signed_in import ReasonOption, signed_in

__all__ = [
    "abort",
    "close",
    "extend",
    "grant",
    "open_",
    "pause",
    "ratify",
    "refuse",
    "request",
    "resume",
    "threshold",
]


def request(deployment_id: DeploymentArgument, reason: ReasonOption = "", as_json: JsonOption = False) -> None:
    """Asks an authorising officer to grant a draft; from now on nobody changes it."""
    from lfr_kit.operations import deployments

    with signed_in() as (store, actor):
        found = deployments.request(store, actor, deployment_id, reason=reason)
        say_deployment(store, found, as_json=as_json)


def grant(
    deployment_id: DeploymentArgument,
    reason: ReasonOption = "",
    urgent: Annotated[
        bool, typer.Option("--urgent", help="By somebody in command; an authorising officer ratifies within 24 h.")
    ] = False,
    digest: Annotated[
        str, typer.Option("--digest", help="Beginning of the digest of the plan you read; another one is refused.")
    ] = "",
    critical_threat: Annotated[
        str,
        typer.Option("--critical-threat", help="Why no public notice is given before: a critical threat only."),
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Grants what others asked for. Nobody grants what they drafted or requested."""
    from lfr_kit.operations import deployments

    if urgent and critical_threat:
        raise typer.BadParameter("--critical-threat is for an authorising officer to record, not with --urgent")
    with signed_in() as (store, actor):
        if urgent:
            found = deployments.grant_urgently(store, actor, deployment_id, reason=reason, digest=digest)
        else:
            found = deployments.grant(
                store, actor, deployment_id, reason=reason, digest=digest, critical_threat=critical_threat
            )
        say_deployment(store, found, as_json=as_json)


def refuse(deployment_id: DeploymentArgument, reason: ReasonOption = "", as_json: JsonOption = False) -> None:
    """Refuses a request; it is a draft again."""
    from lfr_kit.operations import deployments

    with signed_in() as (store, actor):
        found = deployments.refuse(store, actor, deployment_id, reason=reason)
        say_deployment(store, found, as_json=as_json, said=f"{deployment_id} is refused, and a draft again.")


def ratify(deployment_id: DeploymentArgument, reason: ReasonOption = "", as_json: JsonOption = False) -> None:
    """Ratifies an urgent grant that another person gave."""
    from lfr_kit.operations import deployments

    with signed_in() as (store, actor):
        found = deployments.ratify(store, actor, deployment_id, reason=reason)
        say_deployment(store, found, as_json=as_json, said=f"{deployment_id} is ratified, and {found.state}.")


def extend(
    deployment_id: DeploymentArgument,
    until: Annotated[str, typer.Option("--until", help="New end with time zone: 2026-05-04T16:00:00+01:00")],
    reason: ReasonOption = "",
    as_json: JsonOption = False,
) -> None:
    """A later end, as a new decision of an authorising officer; no window is longer than 24 hours."""
    from lfr_kit.operations import deployments

    try:
        ends_at = datetime.fromisoformat(until)
    except ValueError:
        raise typer.BadParameter("--until: write it like 2026-05-04T16:00:00+01:00") from None
    with signed_in() as (store, actor):
        found = deployments.extend(store, actor, deployment_id, ends_at, reason=reason)
        say_deployment(store, found, as_json=as_json, said=f"{deployment_id} now ends at {until}.")


def threshold(
    deployment_id: DeploymentArgument,
    to: Annotated[float | None, typer.Option("--to", help="Propose this threshold.")] = None,
    confirm: Annotated[
        float | None, typer.Option("--confirm", help="Confirm the one that somebody else proposed.")
    ] = None,
    reason: ReasonOption = "",
    as_json: JsonOption = False,
) -> None:
    """Another threshold: one person proposes it, another confirms it; never below the calibration's floor."""
    from lfr_kit.operations import deployments

    if (to is None) == (confirm is None):
        raise typer.BadParameter("give --to NUMBER to propose, or --confirm NUMBER to confirm")
    with signed_in() as (store, actor):
        if to is not None:
            found = deployments.propose_threshold(store, actor, deployment_id, to, reason=reason)
            said = f"{to:g} is proposed; somebody else confirms it: lfr deployment threshold {deployment_id} "
            said += f"--confirm {to:g}"
        else:
            found = deployments.confirm_threshold(store, actor, deployment_id, confirm or 0.0, reason=reason)
            said = f"The threshold of {deployment_id} is now {found.threshold:g}."
        say_deployment(store, found, as_json=as_json, said=said, proposed=to)


def open_(deployment_id: DeploymentArgument, reason: ReasonOption = "", as_json: JsonOption = False) -> None:
    """Opens a granted deployment, if nothing refuses; the engine may run then."""
    from lfr_kit.operations import deployments

    with signed_in() as (store, actor):
        found = deployments.open_deployment(store, actor, deployment_id, reason=reason)
        said = f"{deployment_id} is open on {found.watchlist_id}. Run it: lfr deployment run {deployment_id}"
        say_deployment(store, found, as_json=as_json, said=said)


def pause(deployment_id: DeploymentArgument, reason: ReasonOption = "", as_json: JsonOption = False) -> None:
    """Stops comparing, for now; a running engine goes dark at its next frame."""
    from lfr_kit.operations import deployments

    with signed_in() as (store, actor):
        found = deployments.pause(store, actor, deployment_id, reason=reason)
        say_deployment(store, found, as_json=as_json)


def resume(deployment_id: DeploymentArgument, reason: ReasonOption = "", as_json: JsonOption = False) -> None:
    """Goes on after a pause, if nothing refuses."""
    from lfr_kit.operations import deployments

    with signed_in() as (store, actor):
        found = deployments.resume(store, actor, deployment_id, reason=reason)
        say_deployment(store, found, as_json=as_json)


def close(deployment_id: DeploymentArgument, reason: ReasonOption = "", as_json: JsonOption = False) -> None:
    """Ends a deployment that ran; it does not open again."""
    from lfr_kit.operations import deployments

    with signed_in() as (store, actor):
        found = deployments.close(store, actor, deployment_id, reason=reason)
        say_deployment(store, found, as_json=as_json)


def abort(deployment_id: DeploymentArgument, reason: ReasonOption = "", as_json: JsonOption = False) -> None:
    """Cancels a granted deployment, or breaks off one that must not go on; its record says so."""
    from lfr_kit.operations import deployments

    with signed_in() as (store, actor):
        found = deployments.abort(store, actor, deployment_id, reason=reason)
        say_deployment(store, found, as_json=as_json)
