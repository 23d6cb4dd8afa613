"""What may be recorded, how long it is kept, what may be exported. Referee: the plan and the calendar."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from lived import plan

from lfr_kit.errors import AuthorityError, InputError, JustificationError
from lfr_kit.governance.authority import authority_digest
from lfr_kit.governance.deployment_state import Deployment
from lfr_kit.governance.recording import (
    Segment,
    SegmentState,
    check_export,
    footage_item,
    recording_note,
    why_not_recorded,
)
from lfr_kit.governance.retention import due
from lfr_kit.governance.vocabulary import DeploymentState, RetentionProfile

NECESSARY = (
    "Three complaints about officers at the last deployment could not be settled, because nobody had kept what "
    "the cameras at the north approach saw; the inspectorate asks that such footage be kept."
)
GRANT = {"cameras": ["north-approach"], "why_necessary": NECESSARY}
FIRST = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)


def deployment(state: DeploymentState = DeploymentState.OPEN, **changes) -> Deployment:
    authority = plan(recording=GRANT, **changes)
    return Deployment(
        deployment_id="D-1",
        state=state,
        version=1,
        authority=authority,
        authority_digest=authority_digest(authority),
        starts_at=authority.starts_at,
        ends_at=authority.ends_at,
        threshold=authority.threshold,
        asked_by=frozenset(),
        drafted_by="silver-1",
    )


def segment(n: int = 0, **changes) -> Segment:
    began = FIRST + timedelta(minutes=n)
    values = {"segment_id": f"V-{n}", "deployment_id": "D-1", "camera_id": "north-approach"}
    return Segment(**{**values, "state": SegmentState.WHOLE, "started_at": began, "ended_at": began, **changes})


def test_plan_without_a_word_on_recording_lets_nothing_be_recorded():
    found = replace(deployment(), authority=plan())
    digest = authority_digest(found.authority)
    assert plan().recording is None
    assert "does not let north-approach be recorded" in why_not_recorded(found, digest, "north-approach", FIRST)


def test_plan_without_recording_has_the_digest_it_had_before_plans_could_ask_for_it():
    before = plan(calibration_id="dlib_resnet-lfw-1")
    assert authority_digest(before) == "adba18c6327742e2076b58ed36404ac6505c129388587b53a32256f2e58bbcdd"
    assert authority_digest(plan(recording=GRANT)) != authority_digest(plan())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"cameras": []}, "recording.cameras: needs at least one"),
        ({"cameras": ["elsewhere"]}, "recording.cameras: 'elsewhere' is no camera of this plan"),
        ({"cameras": ["north-approach"] * 2}, "recording.cameras: names one twice"),
        ({"why_necessary": "because"}, "recording.why_necessary: 7 letters in words"),
        ({"why_necessary": "TBC " + NECESSARY}, "recording.why_necessary: holds the placeholder 'tbc'"),
        (
            {"why_necesary": "x"},
            "recording.why_necesary: there is no such line in a plan (did you mean why_necessary?)",
        ),
    ],
    ids=["no camera", "foreign camera", "twice", "no reason", "placeholder", "misspelt"],
)
def test_plan_that_asks_for_recording_without_saying_what_or_why_is_refused(changes, said):
    with pytest.raises(AuthorityError) as refused:
        plan(recording=GRANT | changes)
    assert any(line.startswith(said) for line in refused.value.findings), refused.value.findings


def test_plan_whose_reason_to_record_is_that_of_something_else_is_refused():
    with pytest.raises(AuthorityError, match="two are the same text"):
        plan(recording={"cameras": ["north-approach"], "why_necessary": plan().necessity})


def test_recording_granted_open_and_within_its_window_may_be_made():
    found = deployment()
    assert why_not_recorded(found, found.authority_digest, "north-approach", found.starts_at) == ""


@pytest.mark.parametrize("state", [each for each in DeploymentState if each is not DeploymentState.OPEN])
def test_nothing_is_recorded_unless_the_deployment_is_open(state):
    found = deployment(state)
    assert "nothing is recorded" in why_not_recorded(found, found.authority_digest, "north-approach", FIRST)


def test_nothing_is_recorded_by_another_camera_outside_the_window_or_under_another_plan():
    found = deployment()
    digest = found.authority_digest
    assert "does not let corn-hall" in why_not_recorded(found, digest, "corn-hall", found.starts_at)
    early = found.starts_at - timedelta(seconds=1)
    for at in (early, found.ends_at):
        assert "window" in why_not_recorded(found, digest, "north-approach", at)
    for other in ("", authority_digest(plan())):
        assert "not the one that was granted" in why_not_recorded(found, other, "north-approach", FIRST)
    swapped = replace(found, authority=plan(recording=GRANT, place="Elsewhere"))
    assert "not the one that was granted" in why_not_recorded(swapped, digest, "north-approach", FIRST)


@pytest.mark.parametrize("profile", [*RetentionProfile, None], ids=str)
def test_footage_goes_a_quarter_of_an_hour_before_31_days_are_over_since_its_first_minute(profile):
    items = [footage_item(segment(n), FIRST, profile) for n in (0, 180)]
    at = datetime(2026, 6, 4, 9, 45, tzinfo=UTC)
    assert due(items, at - timedelta(seconds=1)) == []
    assert due(items, at) == items


def test_footage_under_a_hold_is_never_due_and_once_released_not_before_its_time():
    held = segment(hold_id="H-1")
    late = FIRST + timedelta(days=400)
    assert due([footage_item(held, FIRST, None)], late) == []
    released = footage_item(held, FIRST, None, FIRST + timedelta(days=2))
    assert released.due_at == FIRST + timedelta(days=31, minutes=-15)
    assert footage_item(held, FIRST, None, late).due_at == late


def test_export_is_of_one_camera_to_somebody_for_a_reason():
    check_export([segment(0), segment(1)], "Crown Prosecution Service", "case 26/14")
    for segments in ([], [segment(0)] * 2, [segment(0), segment(1, camera_id="corn-hall")]):
        with pytest.raises(InputError):
            check_export(segments, "Crown Prosecution Service", "case 26/14")
    for recipient in (" ", "x" * 201):
        with pytest.raises(InputError, match="to whom"):
            check_export([segment(0)], recipient, "case 26/14")
    with pytest.raises(JustificationError):
        check_export([segment(0)], "Crown Prosecution Service", " ")


def test_record_says_what_was_recorded_and_how_long_it_is_kept():
    assert recording_note(plan()) == ""
    said = recording_note(plan(recording=GRANT))
    assert "north-approach" in said
    assert "31 days" in said
    assert "corn-hall" not in said
