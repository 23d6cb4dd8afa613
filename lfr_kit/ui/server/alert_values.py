"""Alerts as pages need them: never a percentage, and while the first look is blind no score at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lfr_kit.governance.absence import absence_fields
from lfr_kit.operations.calibrations import calibration_of
from lfr_kit.store.repository import deployments as rows

if TYPE_CHECKING:
    from lfr_kit.operations.alert_view import AlertView, QueuedAlert, Score
    from lfr_kit.store.repository.alerts import AlertEvent, StoredAlert
    from lfr_kit.store.store import Store

__all__ = ["queued", "settled", "shown"]

_PLAIN = (
    "alert_id", "deployment_id", "entry_id", "state", "response", "category", "camera_id", "captured_at",
    "raised_at", "expires_at", "repeat_of", "truth", "outcome", "name", "person_ref", "captured_on",
    "status_verified_at", "note", "is_blind",
)  # fmt: skip


def queued(alert: QueuedAlert) -> dict[str, Any]:
    """A line of the queue."""
    plain = {
        name: getattr(alert, name) for name in alert.__dataclass_fields__ if name not in ("charge", "absence")
    }
    return {**plain, **_charge(alert)}


def settled(alert: StoredAlert) -> dict[str, Any]:
    """An alert after a step on it."""
    names = ("alert_id", "state", "truth", "outcome", "version")
    return {name: getattr(alert, name) for name in names}


def shown(store: Store, view: AlertView) -> dict[str, Any]:
    """An alert without its pictures."""
    return {
        **{name: getattr(view, name) for name in _PLAIN},
        "score": None if view.score is None else _score(store, view, view.score),
        "events": [_event(each) for each in view.events],
        "pictures": ["probe", "reference", *(f"shot-{each.seq}" for each in view.shots)],
        "shots": [
            {"picture": f"shot-{each.seq}", "captured_at": each.captured_at, "quality": round(each.quality)}
            for each in view.shots
        ],
        **_charge(view),
    }


def _charge(alert: QueuedAlert | AlertView) -> dict[str, Any]:
    """Whose it is; nothing of it is a decision."""
    charge = alert.charge
    return {
        "team": charge.team,
        "in_hand": charge.holder,
        "held_since": charge.held_since,
        "acknowledged_at": charge.acknowledged_at,
        "is_at_desk": charge.is_at_desk,
        "acknowledge_by": alert.acknowledge_by,
        **absence_fields(alert.absence),
    }


def _event(event: AlertEvent) -> dict[str, Any]:
    names = ("seq", "at", "actor_id", "kind", "from_state", "to_state", "data", "note")
    return {name: getattr(event, name) for name in names}


def _score(store: Store, view: AlertView, score: Score) -> dict[str, Any]:
    expected, text = _expected(store, view.deployment_id, score)
    return {
        "similarity": score.similarity,
        "comparison_score": score.comparison_score,
        "threshold": score.threshold,
        "score_scale": score.score_scale,
        "n_enrolled": score.n_enrolled,
        "expected": text,
        "one_in": expected and round(1 / expected),
    }


def _expected(store: Store, deployment_id: str, score: Score) -> tuple[float | None, str]:
    """How many strangers score as high: the upper bound of a share, and in words."""
    with store.reading() as connection:
        authority = rows.deployment(connection, store.vault.key(connection, "store"), deployment_id).authority
        calibration = calibration_of(connection, authority.calibration_id)
    upper = None if calibration is None else calibration.upper_fpir(score.comparison_score, score.n_enrolled)
    people = f"{score.n_enrolled:,} people" if score.n_enrolled != 1 else "one person"
    if not upper:
        return None, f"Nothing measured says how many strangers score as high against a list of {people}."
    per_10_000 = 10_000 * upper
    said = f"{per_10_000:,.0f}" if per_10_000 >= 10 else f"{per_10_000:.2g}"
    return upper, (
        f"Against a list of {people}, at most {said} false alerts per 10,000 faces are expected at this score, "
        f"1 in {1 / upper:,.0f} (upper 95 % bound of what was measured)."
    )
