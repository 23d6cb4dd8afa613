"""`lfr alerts`: the queue, one alert with its pictures, who has it in hand, and what people decide on it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lfr_kit.cli.deployment_fields import DeploymentArgument
from lfr_kit.cli.output import JsonOption, emit, results
from lfr_kit.cli.signed_in import ReasonOption, signed_in
from lfr_kit.governance.adjudication import Conclusion, DecisionReason, IdMethod, NotEngagedReason, Verdict
from lfr_kit.governance.vocabulary import Outcome, Truth

if TYPE_CHECKING:
    from lfr_kit.operations.alert_view import AlertView
    from lfr_kit.store.repository.alerts import StoredAlert

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Alerts: look, take in hand, decide, engage, conclude, review.")

AlertArgument = Annotated[str, typer.Argument(metavar="ALERT", help="Its id, see: lfr alerts list DEPLOYMENT")]
NoteOption = Annotated[str, typer.Option("--note", help="Free text; kept sealed.")]
TruthOption = Annotated[Truth, typer.Option("--truth", help="Whether it was the person on the list.")]
OutcomeOption = Annotated[
    Outcome | None, typer.Option("--outcome", help="What came of it; for a confirmed truth.", show_default=False)
]
IdMethodOption = Annotated[
    IdMethod | None,
    typer.Option("--id-method", help="How the person was identified; for a confirmed truth.", show_default=False),
]


@app.command("list")
def list_(
    deployment: DeploymentArgument,
    every: Annotated[bool, typer.Option("--all", help="Also those on which nothing is left to do.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Alerts that wait for somebody: by colour of response, then time; the team they go to and who has them."""
    from lfr_kit.cli.alert_words import print_queue, queued_fields
    from lfr_kit.operations.alerts import queue

    with signed_in() as (store, actor):
        waiting = queue(store, actor, deployment, everything=every)
    if as_json:
        emit({"deployment_id": deployment, "alerts": [queued_fields(each) for each in waiting]})
    else:
        print_queue(waiting)


@app.command()
def show(
    alert: AlertArgument,
    pictures: Annotated[
        Path | None,
        typer.Option("--pictures", help="Write all its pictures to this folder; logged as a disclosure."),
    ] = None,
    reason: ReasonOption = "",
    as_json: JsonOption = False,
) -> None:
    """What was seen beside who it may be. No score before somebody has decided, where the authority says so."""
    from lfr_kit.cli.alert_words import picture_names, pictures_of, print_alert
    from lfr_kit.cli.picture_files import check_free, say_written, write_pictures
    from lfr_kit.operations.alerts import view

    if pictures is not None:
        check_free(pictures, picture_names(alert))
    with signed_in() as (store, actor):
        seen = view(store, actor, alert, reason=reason, discloses=pictures is not None)
    files = [] if pictures is None else write_pictures(pictures, pictures_of(seen))
    if as_json:
        emit({**_fields(seen), "pictures": files})
    else:
        print_alert(seen)
    say_written(files, "the alert is deleted", as_json=as_json)


@app.command()
def acknowledge(alert: AlertArgument, note: NoteOption = "", as_json: JsonOption = False) -> None:
    """Says that you have an alert in hand. Exit status 1 if somebody else has it: it says who."""
    from lfr_kit.operations import alerts

    with signed_in() as (store, actor):
        done = alerts.acknowledge(store, actor, alert, note=note)
    _say_hands(done, actor.user_id, as_json=as_json)


@app.command("hand-over")
def hand_over(
    alert: AlertArgument,
    to: Annotated[str, typer.Argument(metavar="USER", help="Who gets it; '' = nobody.")],
    held_by: Annotated[
        str, typer.Option("--from", help="Who has it now, if that is neither you nor nobody.")
    ] = "",
    note: NoteOption = "",
    as_json: JsonOption = False,
) -> None:
    """Puts an alert into somebody's hands, who then acknowledges it. Exit status 1 if another has it."""
    from lfr_kit.operations import alerts

    with signed_in() as (store, actor):
        done = alerts.hand_over(store, actor, alert, to, held_by=held_by, note=note)
    _say_hands(done, to, as_json=as_json)


@app.command()
def adjudicate(
    alert: AlertArgument,
    verdict: Annotated[
        Verdict,
        typer.Argument(metavar="VERDICT", help="viable or dismissed, by comparing the pictures."),
    ],
    because: Annotated[DecisionReason, typer.Option("--because", help="Why; a score is no reason.")],
    note: NoteOption = "",
    as_json: JsonOption = False,
) -> None:
    """The operator's decision, after looking: lfr alerts show ALERT. Exit status 1 if somebody decided first."""
    from lfr_kit.operations.alerts import decide

    with signed_in() as (store, actor):
        _say(decide(store, actor, alert, verdict, because, note=note), as_json=as_json)


@app.command()
def engage(
    alert: AlertArgument,
    status_rechecked: Annotated[
        bool | None,
        typer.Option(
            "--status-rechecked/--status-not-rechecked",
            help="Whether it was checked anew that the person is still sought.",
            show_default=False,
        ),
    ] = None,
    not_because: Annotated[
        NotEngagedReason | None,
        typer.Option("--not", help="Nobody engages, for this reason.", show_default=False),
    ] = None,
    note: NoteOption = "",
    as_json: JsonOption = False,
) -> None:
    """The engagement officer's own decision on a viable alert: to speak to the person, or not to."""
    from lfr_kit.operations import alerts

    if not_because is None and status_rechecked is None:
        raise typer.BadParameter("say --status-rechecked or --status-not-rechecked, or --not REASON")
    with signed_in() as (store, actor):
        if not_because is not None:
            done = alerts.do_not_engage(store, actor, alert, not_because, note=note)
        else:
            done = alerts.engage(store, actor, alert, status_rechecked=bool(status_rechecked), note=note)
    _say(done, as_json=as_json)


@app.command()
def outcome(
    alert: AlertArgument,
    truth: TruthOption,
    came_of_it: OutcomeOption = None,
    id_method: IdMethodOption = None,
    note: NoteOption = "",
    as_json: JsonOption = False,
) -> None:
    """How an engagement ended. Where the person got away unidentified: an unconfirmed truth, nothing else."""
    from lfr_kit.operations.alerts import conclude

    conclusion = Conclusion(truth=truth, outcome=came_of_it, id_method=id_method)
    with signed_in() as (store, actor):
        _say(conclude(store, actor, alert, conclusion, note=note), as_json=as_json)


@app.command()
def review(
    alert: AlertArgument,
    truth: TruthOption,
    came_of_it: OutcomeOption = None,
    id_method: IdMethodOption = None,
    note: NoteOption = "",
    reason: ReasonOption = "",
    as_json: JsonOption = False,
) -> None:
    """The review after the deployment gives an undecided alert its truth, or corrects that of a settled one."""
    from lfr_kit.operations import alerts

    finding = Conclusion(truth=truth, outcome=came_of_it, id_method=id_method)
    with signed_in() as (store, actor):
        _say(alerts.review(store, actor, alert, finding, reason=reason, note=note), as_json=as_json)


@app.command()
def expire(deployment: DeploymentArgument, as_json: JsonOption = False) -> None:
    """Marks alerts that nobody decided in time as unconfirmed; a running deployment does so by itself."""
    from lfr_kit.operations.alerts import expire_due

    with signed_in() as (store, actor):
        expired = expire_due(store, deployment, actor=actor)
    if as_json:
        emit({"deployment_id": deployment, "expired": list(expired)})
    else:
        results().print(f"{len(expired)} expired", highlight=False)


def _say_hands(done: StoredAlert, holder: str, *, as_json: bool) -> None:
    if as_json:
        fields = {name: getattr(done, name) for name in ("alert_id", "deployment_id", "state")}
        emit({**fields, "in_hand": holder})
    else:
        words = f"{done.alert_id}: {holder or 'nobody'} has it in hand"
        results().print(words, soft_wrap=True, highlight=False, markup=False)


def _say(done: StoredAlert, *, as_json: bool) -> None:
    fields = {name: getattr(done, name) for name in ("alert_id", "deployment_id", "state", "truth", "outcome")}
    if as_json:
        emit(fields)
        return
    words = ", ".join(str(fields[name]) for name in ("state", "truth", "outcome") if fields[name])
    results().print(f"{done.alert_id}: {words}", soft_wrap=True, highlight=False, markup=False)


def _fields(seen: AlertView) -> dict[str, Any]:
    """All but the pictures, as plain values; `score` is null while the first look is blind."""
    from lfr_kit.cli.alert_words import charge_fields

    plain = {name: value for name, value in vars(seen).items() if name != "charge" and not name.endswith("_jpeg")}
    events = [{name: value for name, value in vars(event).items() if name != "note"} for event in seen.events]
    shots = [{name: value for name, value in vars(each).items() if name != "jpeg"} for each in seen.shots]
    own = {"score": seen.score and vars(seen.score), "is_blind": seen.is_blind, "events": events, "shots": shots}
    return {**plain, **own, **charge_fields(seen)}
