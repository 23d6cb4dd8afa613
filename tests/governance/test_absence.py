"""Whether whoever has an alert in hand has gone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from lfr_kit.governance.absence import Absence, absence_in_words, absence_of
from lfr_kit.governance.charge import Charge
from lfr_kit.governance.presence import Checked

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
HELD = Charge(team="red", holder="ann", held_since=NOON, acknowledged_at=NOON, is_on_ground=True)


def checked(user_id: str, seen_s: float) -> Checked:
    seen_at = NOON + timedelta(seconds=seen_s)
    return Checked(user_id=user_id, team="red", camera_id="", checked_in_at=NOON, seen_at=seen_at)


@pytest.mark.parametrize(
    ("charge", "there", "expected"),
    [
        (HELD, [checked("ann", 40), checked("bob", -90)], None),
        (HELD, [checked("ann", 39), checked("bob", 90)], Absence("silent", NOON + timedelta(seconds=39))),
        (HELD, [checked("bob", 90)], Absence("checked_out")),
        (Charge(), [checked("bob", 0)], None),
        (Charge(team="red", holder="silver"), [], None),
        (Charge(holder="desk", is_at_desk=True), [checked("desk", 0)], None),
    ],
    ids=["heard of", "silent", "checked out", "in no hand", "never checked in", "at the desk"],
)
def test_holder_has_gone_where_they_were_there_and_are_not_heard_of(charge, there, expected):
    assert absence_of(charge, there, NOON + timedelta(seconds=100), 60) == expected


def test_absence_is_said_after_who_has_it():
    assert absence_in_words(None) == ""
    assert absence_in_words(Absence("silent", NOON)) == ", and is not heard of since 12:00:00 UTC"
