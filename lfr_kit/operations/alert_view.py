"""Looking at alerts: the queue, which names nobody, and one alert with its two pictures: a consultation."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from lfr_kit.config import settings
from lfr_kit.governance.absence import Absence, absence_of
from lfr_kit.governance.adjudication import UNDECIDED, Step, after, check_alert_id
from lfr_kit.governance.charge import Charge, charge_of
from lfr_kit.governance.person_text import clean_text
from lfr_kit.governance.roles import Action, Actor, Role, may
from lfr_kit.governance.vocabulary import AlertState, Category, DeploymentState, Operation
from lfr_kit.operations.alert_expiry import expire_if_due
from lfr_kit.operations.alert_hearing import LONGEST_NOTE
from lfr_kit.store.repository import alert_charge
from lfr_kit.store.repository import alert_shots as shot_rows
from lfr_kit.store.repository import alerts as rows
from lfr_kit.store.repository import presence as presence_rows
from lfr_kit.store.repository.alert_shots import FurtherShot
from lfr_kit.store.repository.alerts import AlertEvent, StoredAlert

if TYPE_CHECKING:
    from lfr_kit.store.store import Act, Store

__all__ = ["WAITING", "AlertView", "QueuedAlert", "Score", "absence_within", "queue", "view"]

WAITING = (
    AlertState.RAISED,
    AlertState.VIEWED,
    AlertState.VIABLE,
    AlertState.ENGAGED,
    AlertState.UNCONFIRMED,
)
"""States in which somebody still has something to do; UNCONFIRMED until its review gave a truth."""

_ON_DUTY = frozenset({Role.LFR_OPERATOR, Role.ENGAGEMENT_OFFICER, Role.BRONZE, Role.SILVER})
_WITH_NOTE = frozenset({"acknowledged", "handed_over"})
_RUNNING = frozenset({DeploymentState.OPEN, DeploymentState.PAUSED})


@dataclass(frozen=True)
class Score:
    """How alike, as the machine compared it. A comparison, no probability.

    Attributes
    ----------
    similarity
        Cosine in [-1, 1].
    comparison_score, threshold, score_scale
        What was held against which threshold, on which scale.
    n_enrolled
        How many references were searched.
    """

    similarity: float
    comparison_score: float
    threshold: float
    score_scale: str
    n_enrolled: int


@dataclass(frozen=True, kw_only=True)
class QueuedAlert:
    """An alert in the queue: no picture, no name, no score.

    Attributes
    ----------
    charge
        The team it is routed to, and who has it in hand.
    absence
        Whether whoever has it in hand has fallen silent or left the ground.
    n_shots
        Further pictures of the same track.
    """

    alert_id: str
    response: str
    state: AlertState
    camera_id: str
    raised_at: datetime
    expires_at: datetime
    repeat_of: str | None
    charge: Charge
    absence: Absence | None = None
    n_shots: int

    @property
    def acknowledge_by(self) -> datetime | None:
        """Until when somebody must say that they have it in hand; None if nobody need, or somebody has."""
        return self.charge.acknowledge_by if self.state is AlertState.VIABLE else None


@dataclass(frozen=True, kw_only=True)
class AlertView:
    """What a person sees of an alert.

    Attributes
    ----------
    score
        None while the first look is blind: until somebody has decided.
    status_verified_at
        When the entry was last checked to be current (W12).
    events
        What happened so far; of the notes only those to whoever has the alert in hand.
    charge, absence
        As those of `QueuedAlert`.
    shots
        Further pictures of the same track.
    """

    alert_id: str
    deployment_id: str
    entry_id: str
    state: AlertState
    response: str
    category: Category
    camera_id: str
    captured_at: datetime
    raised_at: datetime
    expires_at: datetime
    repeat_of: str | None
    truth: str | None
    outcome: str | None
    name: str
    person_ref: str
    captured_on: date | None
    status_verified_at: datetime | None
    note: str
    score: Score | None
    events: tuple[AlertEvent, ...]
    charge: Charge
    absence: Absence | None = None
    shots: tuple[FurtherShot, ...] = ()
    probe_jpeg: bytes = field(repr=False)
    reference_jpeg: bytes = field(repr=False)

    @property
    def is_blind(self) -> bool:
        """Whether the score is withheld."""
        return self.score is None

    @property
    def acknowledge_by(self) -> datetime | None:
        """As that of `QueuedAlert`."""
        return self.charge.acknowledge_by if self.state is AlertState.VIABLE else None


def queue(store: Store, actor: Actor, deployment_id: str, *, everything: bool = False) -> list[QueuedAlert]:
    """The alerts that wait for somebody, by colour of response, then time; or all of the deployment.

    Raises
    ------
    PermissionRefusedError
        If the actor may not see alerts; logged.
    NotInStoreError
        If there is no such deployment.
    """
    if not may(actor, Action.ALERT_VIEW):
        with store.act(actor, Action.ALERT_VIEW, Operation.CONSULTATION, subject="alerts"):
            """Refused, and the refusal logged."""
    with store.reading() as connection:
        rows.deployment_state(connection, deployment_id)
        found = rows.queue(connection, deployment_id, None if everything else WAITING)
        charges = alert_charge.charges(connection, deployment_id)
        checked = presence_rows.of_deployment(
            connection, store.vault.key(connection, "store"), deployment_id
        ).checked
        n_shots = shot_rows.counts(connection, deployment_id)
    names = [name for name in QueuedAlert.__dataclass_fields__ if name not in ("charge", "absence", "n_shots")]
    lost_after_s, now = settings().live.presence_lost_after_s, store.clock()
    return [
        QueuedAlert(
            **{name: getattr(each, name) for name in names},
            charge=(charge := charges.get(each.alert_id, Charge())),
            absence=absence_of(charge, checked, now, lost_after_s),
            n_shots=n_shots.get(each.alert_id, 0),
        )
        for each in found
        if everything or not (each.state is AlertState.UNCONFIRMED and each.truth)
    ]


def view(store: Store, actor: Actor, alert_id: str, *, reason: str = "", discloses: bool = False) -> AlertView:
    """One alert with its two pictures; an operator's first look takes it from RAISED to VIEWED.

    Parameters
    ----------
    store, actor, alert_id
        Who looks at which alert.
    reason
        Why; people on duty in a running deployment need none.
    discloses
        Whether the pictures leave the store: logged as a disclosure then.

    Raises
    ------
    JustificationError
        If a reason is needed and none is given.
    NotInStoreError
        If there is no such alert.
    KeyDestroyedError
        If what was sealed is deleted.
    """
    with store.reading() as connection:
        stored = rows.alert(connection, check_alert_id(alert_id))
        state = rows.deployment_state(connection, stored.deployment_id)
    is_duty = state in _RUNNING and not discloses and not actor.roles.isdisjoint(_ON_DUTY)
    standing = f"deployment {stored.deployment_id} under its authority" if is_duty else ""
    with store.act(
        actor,
        Action.ALERT_VIEW,
        Operation.DISCLOSURE if discloses else Operation.CONSULTATION,
        subject=f"alert:{alert_id}",
        deployment_id=stored.deployment_id,
        justification=clean_text(reason, "reason", LONGEST_NOTE, lines=True) or standing,
    ) as act:
        stored = expire_if_due(act, rows.alert(act.connection, alert_id, lock=True))
        stored = _look(act, stored)
        key = act.key(rows.scope_of(stored))
        faces = rows.faces(act.connection, key, alert_id)
        shots = shot_rows.of_alert(act.connection, key, alert_id)
        seen = _view(stored, faces, _told(rows.events(act.connection, alert_id, key)), shots)
        return replace(seen, absence=absence_within(act, stored.deployment_id, seen.charge))


def absence_within(act: Act, deployment_id: str, charge: Charge) -> Absence | None:
    """Whether whoever has an alert in hand has gone, see `absence_of`."""
    checked = presence_rows.of_deployment(act.connection, act.key("store"), deployment_id).checked
    return absence_of(charge, checked, act.at, settings().live.presence_lost_after_s)


def _look(act: Act, stored: StoredAlert) -> StoredAlert:
    """Keeps that the actor looked, once; only an operator's look changes the state."""
    as_operator = Role.LFR_OPERATOR in act.actor.roles
    who = act.actor.user_id
    earlier = [e for e in rows.events(act.connection, stored.alert_id) if e.kind == "viewed" and e.actor_id == who]
    if any(bool(e.data.get("as_operator")) == as_operator for e in earlier):
        return stored
    new = after(stored.state, Step.VIEW) if as_operator else stored.state
    if new is not stored.state:
        rows.change(act.connection, stored, state=str(new))
    event = AlertEvent(
        seq=0,
        at=act.at,
        actor_id=who,
        kind="viewed",
        from_state=stored.state,
        to_state=new,
        data={"as_operator": as_operator},
    )
    rows.append_event(act.connection, act.key(rows.scope_of(stored)), stored, event)
    return rows.alert(act.connection, stored.alert_id)


def _told(events: list[AlertEvent]) -> list[AlertEvent]:
    return [event if event.kind in _WITH_NOTE else replace(event, note="") for event in events]


def _view(
    stored: StoredAlert, faces: rows.AlertFaces, events: list[AlertEvent], shots: list[FurtherShot]
) -> AlertView:
    card = faces.details
    shown: dict[str, Any] = {
        name: getattr(stored, name) for name in AlertView.__dataclass_fields__ if hasattr(stored, name)
    }
    return AlertView(
        **shown,
        category=Category(card["category"]),
        captured_at=datetime.fromisoformat(card["captured_at"]),
        name=card["name"],
        person_ref=card["person_ref"],
        captured_on=card["captured_on"] and date.fromisoformat(card["captured_on"]),
        status_verified_at=card["status_verified_at"] and datetime.fromisoformat(card["status_verified_at"]),
        note=card["note"],
        score=None if _is_blind(stored, faces) else _score(stored),
        events=tuple(events),
        charge=charge_of(events),
        shots=tuple(shots),
        probe_jpeg=faces.probe_jpeg,
        reference_jpeg=faces.reference_jpeg,
    )


def _is_blind(stored: StoredAlert, faces: rows.AlertFaces) -> bool:
    nobody_judged = stored.state in UNDECIDED or (stored.state is AlertState.UNCONFIRMED and stored.truth is None)
    return bool(faces.details["blind_first_look"]) and nobody_judged


def _score(stored: StoredAlert) -> Score:
    return Score(
        stored.similarity, stored.comparison_score, stored.threshold, stored.score_scale, stored.n_enrolled
    )
