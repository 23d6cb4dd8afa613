"""Who has an alert in hand: acknowledging it, handing it over. It decides nothing; the alert's events keep it.

Of two people who acknowledge at once the second one is told who has it; from somebody else's hands it is taken
only by saying from whose; whether they had fallen silent, or left the ground, stands in the history with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lfr_kit.errors import DecisionConflictError, InputError, StateError
from lfr_kit.governance.absence import Absence, absence_in_words
from lfr_kit.governance.adjudication import seconds_from
from lfr_kit.governance.charge import MAY_CHANGE_HANDS, Charge, charge_of
from lfr_kit.governance.roles import Action, Actor, Role, may
from lfr_kit.operations.alert_hearing import Hearing, hearing_of
from lfr_kit.operations.alert_view import absence_within
from lfr_kit.store.repository import alerts as rows
from lfr_kit.store.repository import presence as presence_rows
from lfr_kit.store.repository import users as user_rows
from lfr_kit.store.repository.alerts import StoredAlert

if TYPE_CHECKING:
    from datetime import datetime

    from lfr_kit.store.store import Act, Store

__all__ = ["acknowledge", "hand_over"]


def acknowledge(store: Store, actor: Actor, alert_id: str, *, note: str = "") -> StoredAlert:
    """Somebody says that they have an alert in hand. Said twice, it changes nothing.

    Raises
    ------
    PermissionRefusedError
        If they are neither operator, engagement officer, Bronze nor Silver.
    StateError
        If nothing is left to be done on it.
    DecisionConflictError
        If somebody else has it: says who and since when.
    NotInStoreError
        If there is no such alert.
    """
    with hearing_of(store, actor, alert_id, Action.ALERT_ACKNOWLEDGE, "has the alert in hand") as hearing:
        charge = _charge(hearing)
        if charge.holder == actor.user_id and charge.acknowledged_at is not None:
            return hearing.alert
        _check_held_by(hearing, charge, ("", actor.user_id))
        data: dict[str, Any] = {
            **_of(hearing.act, actor),
            "from_raise_s": _since(hearing, hearing.alert.raised_at),
        }
        if charge.asked_at is not None:
            data["acknowledge_s"] = _since(hearing, charge.asked_at)
        _keep(hearing, "acknowledged", data, note)
        return hearing.now()


def hand_over(
    store: Store, actor: Actor, alert_id: str, to: str, *, held_by: str = "", note: str = ""
) -> StoredAlert:
    """Puts an alert into somebody's hands, who then acknowledges it; one's own need no further word.

    Parameters
    ----------
    to
        User; empty = nobody: it goes back to the team it is routed to.
    held_by
        Whose hands it is taken from, if they are somebody else's.
    note
        For whoever gets it; kept sealed.

    Raises
    ------
    PermissionRefusedError, StateError, NotInStoreError
        As `acknowledge`.
    InputError
        If that user may not have alerts in hand.
    DecisionConflictError
        If somebody else has it than `held_by`: says who and since when.
    """
    why = f"hands the alert to {to}" if to else "puts the alert down"
    with hearing_of(store, actor, alert_id, Action.ALERT_ACKNOWLEDGE, why) as hearing:
        charge = _charge(hearing)
        _check_held_by(hearing, charge, ("", actor.user_id, held_by))
        if to == charge.holder and (to != actor.user_id or charge.acknowledged_at is not None):
            return hearing.alert
        data = {
            "to": to,
            "was": charge.holder,
            **_gone(_absence(hearing, charge)),
            **(_of(hearing.act, _receiver(hearing.act, to)) if to else {}),
        }
        if to == actor.user_id and charge.asked_at is not None and not charge.is_with_officers:
            data["acknowledge_s"] = _since(hearing, charge.asked_at)
        _keep(hearing, "handed_over", data, note)
        return hearing.now()


def _charge(hearing: Hearing) -> Charge:
    alert = hearing.alert
    if alert.state not in MAY_CHANGE_HANDS:
        raise StateError(f"alert {alert.alert_id}: is {alert.state}; nobody need have it in hand any more")
    return charge_of(hearing.events)


def _check_held_by(hearing: Hearing, charge: Charge, allowed: tuple[str, ...]) -> None:
    if charge.holder in allowed:
        return
    since, alert_id = f"{charge.held_since:%H:%M:%S} UTC", hearing.alert.alert_id
    has = "has it in hand" if charge.acknowledged_at else "was handed it"
    raise DecisionConflictError(
        f"alert {alert_id}: {charge.holder} {has} since {since}{absence_in_words(_absence(hearing, charge))}; "
        "nothing was changed. To take it all the same: "
        f"lfr alerts hand-over {alert_id} TO --from {charge.holder}"
    )


def _absence(hearing: Hearing, charge: Charge) -> Absence | None:
    """Of whoever has it now, for everybody but themselves."""
    is_own = charge.holder == hearing.act.actor.user_id
    return None if is_own else absence_within(hearing.act, hearing.alert.deployment_id, charge)


def _gone(absence: Absence | None) -> dict[str, Any]:
    """What the history keeps of it."""
    if absence is None:
        return {}
    seen_at = absence.seen_at and absence.seen_at.isoformat(timespec="seconds")
    return {"was_gone": absence.why, **({"last_seen_at": seen_at} if seen_at else {})}


def _receiver(act: Act, to: str) -> Actor:
    them = user_rows.user(act.connection, act.key("store"), to)
    receiver = Actor(to, them.roles)
    if not them.is_active or not may(receiver, Action.ALERT_ACKNOWLEDGE):
        raise InputError(f"to: {to} may not have alerts in hand; name an officer, an operator or a commander")
    return receiver


def _of(act: Act, who: Actor) -> dict[str, Any]:
    """With which team somebody is checked in to this deployment, and whether they sit at the desk."""
    found = presence_rows.of_user(act.connection, act.key("store"), who.user_id)
    is_here = found is not None and found[0] == act.deployment_id
    return {
        "team": found[1].team if found is not None and is_here else "",
        "is_at_desk": Role.LFR_OPERATOR in who.roles,
    }


def _since(hearing: Hearing, moment: datetime) -> float:
    return seconds_from(moment, hearing.act.at)


def _keep(hearing: Hearing, kind: str, data: dict[str, Any], note: str) -> None:
    """The event; the row's version rises, so that nobody else's change of this moment is lost."""
    if not rows.change(hearing.act.connection, hearing.alert):
        raise DecisionConflictError(
            f"alert {hearing.alert.alert_id}: somebody changed it at this moment; look at it again"
        )
    hearing.note(kind, None, data, note)
