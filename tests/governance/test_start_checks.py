"""Everything that must hold before faces are compared: each thing refused by name, and only that."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from lived import plan

from lfr_kit.governance.authority import authority_digest
from lfr_kit.governance.checklist import BEFORE_OPENING, SEEN, VOUCHED_FOR, ChecklistItem
from lfr_kit.governance.deployment_state import Deployment
from lfr_kit.governance.shipped_calibrations import SHIPPED_CALIBRATIONS
from lfr_kit.governance.start_checks import Engine, StartFacts, refusals
from lfr_kit.governance.vocabulary import Category, DeploymentState, WatchlistState
from lfr_kit.governance.watchlist import Watchlist

NOON = datetime(2026, 5, 4, 11, 0, tzinfo=UTC)


def deployment(**changes) -> Deployment:
    authority = changes.pop("authority", plan())
    standing = Deployment(
        deployment_id="D-1",
        state=DeploymentState.GRANTED,
        version=3,
        authority=authority,
        authority_digest=authority_digest(authority),
        starts_at=authority.starts_at,
        ends_at=authority.ends_at,
        threshold=authority.threshold,
        asked_by=frozenset({"silver-1"}),
        drafted_by="silver-1",
    )
    return replace(standing, **changes)


def watchlist(**changes) -> Watchlist:
    authority = plan()
    standing = Watchlist(
        watchlist_id="W-1",
        deployment_id="D-1",
        state=WatchlistState.FROZEN,
        space_id=authority.space_id,
        allowed_categories=authority.allowed_categories,
        created_by="wm-1",
        created_at=NOON - timedelta(hours=3),
        digest="ab" * 32,
        n_entries=60,
    )
    return replace(standing, **changes)


def facts(**changes) -> StartFacts:
    """All well."""
    well = StartFacts(
        at=NOON,
        deployment=deployment(),
        calibration=next(each for each in SHIPPED_CALIBRATIONS if each.calibration_id == plan().calibration_id),
        watchlist=watchlist(),
        watchlist_faults=(),
        engine=Engine(space_id=plan().space_id),
        is_notice_published=True,
        is_notice_exempted=False,
        to_do=(),
        granted_digest="",
        clock_fault="",
    )
    if "granted_digest" not in changes:
        plan_now = changes.get("deployment", well.deployment).authority
        changes["granted_digest"] = authority_digest(plan_now)
    return replace(well, **changes)


def test_nothing_refuses_where_all_is_well():
    assert refusals(facts()) == []
    assert refusals(facts(deployment=deployment(state=DeploymentState.PAUSED), opened_with="ab" * 32)) == []


AGED = replace(deployment(), authority=plan(policy_document_review_by=date(2026, 5, 3)))
REFUSED = {
    "not granted": (
        {"deployment": deployment(state=DeploymentState.REQUESTED)},
        "authority: the deployment is requested",
    ),
    "aborted": ({"deployment": deployment(state=DeploymentState.ABORTED)}, "authority: the deployment is aborted"),
    "another plan": ({"granted_digest": "0" * 64}, "authority: the plan is not the one that was granted"),
    "unratified": (
        {"deployment": deployment(is_urgent=True, ratify_by=NOON)},
        "authority: the urgent grant was not ratified",
    ),
    "early": ({"at": plan().starts_at - timedelta(seconds=1)}, "window: it begins"),
    "late": ({"at": plan().ends_at}, "window: it ended"),
    "clock": ({"clock_fault": "the clock says 1970"}, "clock: the clock says 1970"),
    "policy document": ({"deployment": AGED}, "policy_document_review_by: the appropriate policy document"),
    "no list": ({"watchlist": None}, "watchlist: none was built"),
    "not frozen": ({"watchlist": watchlist(state=WatchlistState.BUILDING)}, "watchlist: W-1 is building"),
    "old list": (
        {"watchlist": watchlist(created_at=plan().starts_at - timedelta(hours=24, seconds=1))},
        "watchlist: W-1 was begun more than 24 hours",
    ),
    "over the cap": (
        {"deployment": deployment(authority=plan(watchlist_cap=59))},
        "watchlist: W-1 has 60 entries, over the cap of 59",
    ),
    "empty": ({"watchlist": watchlist(n_entries=0)}, "watchlist: W-1 has nobody on it"),
    "category": (
        {"watchlist": watchlist(allowed_categories=frozenset(Category))},
        "watchlist: W-1 takes associate, victim, witness",
    ),
    "list of another space": (
        {"watchlist": watchlist(space_id="facenet:x")},
        "watchlist: W-1 is of space facenet:x",
    ),
    "digest": ({"watchlist_faults": ("watchlist: W-1 is not what was frozen",)}, "watchlist: W-1 is not what"),
    "another list": ({"opened_with": "cd" * 32}, "watchlist: W-1 is not the list it was opened with"),
    "no calibration": ({"calibration": None}, "calibration: dlib_resnet-lfw-2 is not known"),
    "floor": ({"deployment": deployment(threshold=0.95)}, "threshold: 0.95 is below the floor 0.9572"),
    "list too long for the calibration": (
        {"watchlist": watchlist(n_entries=4_001), "deployment": deployment(authority=plan(watchlist_cap=5_000))},
        "watchlist: nothing in calibration",
    ),
    "another model": ({"engine": Engine(space_id="facenet:x")}, "model: the one at hand makes facenet:x"),
    "another scale": (
        {"engine": Engine(space_id=plan().space_id, score_scale="cosine_less_rivals")},
        "matcher: the one at hand scores cosine_less_rivals, the authority's threshold is on cosine",
    ),
    "no model": ({"engine": Engine(fault="weights are not here")}, "model: dlib_resnet cannot be used here"),
    "foreign camera": (
        {"engine": Engine(space_id=plan().space_id, camera_ids=("north-approach", "corn-hall", "garage"))},
        "cameras: garage not in the authority",
    ),
    "absent camera": (
        {"engine": Engine(space_id=plan().space_id, camera_ids=("north-approach",))},
        "cameras: corn-hall of the authority",
    ),
    "no notice": ({"is_notice_published": False}, "notice: the public was not told"),
    **{
        f"checklist {item}": ({"to_do": (item,)}, f"checklist: {item}: nobody has vouched") for item in VOUCHED_FOR
    },
    **{
        f"seen {item}": (
            {"to_do": (item,), "not_seen": {item: "not yet"}},
            f"checklist: {item}: not yet; see to it",
        )
        for item in SEEN
    },
}


@pytest.mark.parametrize("case", REFUSED)
def test_start_is_refused_with_the_one_thing_that_is_wrong(case):
    changes, line = REFUSED[case]
    (found,) = refusals(facts(**changes))
    assert found.startswith(line)


def test_urgent_grant_runs_until_its_ratification_is_overdue():
    standing = deployment(is_urgent=True, ratify_by=NOON + timedelta(seconds=1))
    assert refusals(facts(deployment=standing)) == []
    assert refusals(facts(deployment=replace(standing, ratified_by="ao-1", ratify_by=NOON))) == []


def test_notice_is_not_needed_under_a_recorded_exemption():
    assert refusals(facts(is_notice_published=False, is_notice_exempted=True)) == []


def test_list_begun_exactly_24_hours_before_is_taken():
    found = watchlist(created_at=plan().starts_at - timedelta(hours=24))
    assert refusals(facts(watchlist=found)) == []


def test_threshold_is_held_against_the_size_of_the_frozen_list_not_the_cap():
    at_floor = deployment(threshold=0.9480)
    assert refusals(facts(deployment=at_floor, watchlist=watchlist(n_entries=10))) == []
    assert len(refusals(facts(deployment=at_floor, watchlist=watchlist(n_entries=50)))) == 1


def test_everything_wrong_is_said_at_once():
    found = refusals(
        facts(
            at=plan().ends_at,
            watchlist=None,
            calibration=None,
            engine=Engine(space_id="x"),
            is_notice_published=False,
            to_do=tuple(BEFORE_OPENING),
            clock_fault="wrong",
        )
    )
    assert len(found) == 6 + len(BEFORE_OPENING)


def test_every_item_before_the_opening_is_required_and_those_after_are_not():
    after = {ChecklistItem.SIGNS_REMOVED, ChecklistItem.DEBRIEF_HELD}
    assert set(BEFORE_OPENING) == set(ChecklistItem) - after
