"""Whether whoever has an alert in hand has gone: fallen silent on the ground, or left it.

The alert stays in their hands, because they may be with the person; but others see it, and may take it over.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from lfr_kit.governance.charge import Charge
from lfr_kit.governance.presence import Checked, is_present

__all__ = ["Absence", "absence_fields", "absence_in_words", "absence_of"]


@dataclass(frozen=True)
class Absence:
    """Why whoever has an alert in hand may not be counted on: others see it, and may take it over.

    Attributes
    ----------
    why
        ``silent``: checked in, and not heard of; ``checked_out``: got it on the ground, and has left it.
    seen_at
        When a silent one was last heard of.
    """

    why: Literal["silent", "checked_out"]
    seen_at: datetime | None = None


def absence_of(charge: Charge, checked: Iterable[Checked], now: datetime, lost_after_s: float) -> Absence | None:
    """Whether the holder of an alert has gone; None if nobody has it, or nothing says that they have.

    An operator at the desk gives no sign of life: the time to decide runs out instead.

    Parameters
    ----------
    checked
        Everybody who is checked in to the deployment, heard of lately or not.
    lost_after_s
        Seconds without a sign of life after which somebody counts as silent.
    """
    if not charge.holder or charge.is_at_desk:
        return None
    found = next((one for one in checked if one.user_id == charge.holder), None)
    if found is None:
        return Absence("checked_out") if charge.is_on_ground else None
    return None if is_present(found, now, lost_after_s) else Absence("silent", found.seen_at)


def absence_fields(absence: Absence | None) -> dict[str, Any]:
    """As plain values: ``holder_gone`` (empty, ``silent`` or ``checked_out``) and ``holder_seen_at``."""
    if absence is None:
        return {"holder_gone": "", "holder_seen_at": None}
    return {"holder_gone": absence.why, "holder_seen_at": absence.seen_at}


def absence_in_words(absence: Absence | None) -> str:
    """To stand after who has the alert; empty if they have not gone.

    >>> absence_in_words(Absence("checked_out"))
    ', and has checked out'
    """
    if absence is None:
        return ""
    if absence.seen_at is None:
        return ", and has checked out"
    return f", and is not heard of since {absence.seen_at:%H:%M:%S} UTC"
