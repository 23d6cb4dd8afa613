"""Documents made from the store, each in an act of its own."""

from __future__ import annotations

from datetime import date

import pytest
from governance.test_calibration import calibration
from governance.test_threshold_choice import DATA, GROUPS
from governed import person
from recorded import Written, authority
from sqlalchemy import select

from lfr_kit.errors import InputError, JustificationError, NotInStoreError, PermissionRefusedError, StateError
from lfr_kit.governance.measured_differences import differences_of_figures
from lfr_kit.governance.roles import Role
from lfr_kit.governance.vocabulary import DeploymentState
from lfr_kit.operations import documents
from lfr_kit.operations.calibrations import add_calibration
from lfr_kit.store.repository.records import deployment_log
from lfr_kit.store.tables.audit import audit_entries

D = "D-0000000001"
BRONZE = person(Role.BRONZE)


@pytest.fixture
def granted(store) -> Written:
    written = Written(store).moved(-60, DeploymentState.REQUESTED).moved(-30, DeploymentState.GRANTED)
    return written.watchlist({"13_to_17": 2, "18_or_over": 9})


def last_operation(store) -> str:
    with store.reading() as connection:
        query = select(audit_entries.c.operation).order_by(audit_entries.c.seq.desc()).limit(1)
        return connection.execute(query).scalar_one()


def test_public_documents_are_made_without_a_reason_and_logged(store, granted):
    pages = documents.public_documents(store, BRONZE, D)
    assert set(pages) == {"notice", "poster-A3", "poster-A4", "leaflet"}
    assert last_operation(store) == "consultation"


def test_officers_documents_hold_the_grounds_and_take_a_reason(store, granted):
    with pytest.raises(JustificationError):
        documents.officers_documents(store, BRONZE, D, reason=" ")
    pages = documents.officers_documents(store, BRONZE, D, reason="briefing at 08:00")
    assert "Twelve people wanted for robbery" in pages["authority"]
    assert "ab" * 32 in pages["authority"]
    assert "11 people" in pages["briefing"]
    assert last_operation(store) == "disclosure"


def test_documents_are_refused_to_an_administrator(store, granted):
    with pytest.raises(PermissionRefusedError):
        documents.officers_documents(store, person(Role.ADMINISTRATOR), D, reason="curious")


def test_documents_of_no_deployment_are_refused(store):
    with pytest.raises(NotInStoreError):
        documents.public_documents(store, BRONZE, "D-9")


def test_notice_is_noted_with_its_place(store, granted):
    documents.note_notice(store, BRONZE, D, where="police.example/lfr")
    with store.reading() as connection:
        noted = [event for event in deployment_log(connection, D) if event.kind == "notice_published"]
    assert [dict(event.data) for event in noted] == [{"where": "police.example/lfr"}]
    assert last_operation(store) == "disclosure"


def test_notice_of_a_draft_does_not_count(store):
    Written(store)
    with pytest.raises(StateError, match="draft"):
        documents.note_notice(store, BRONZE, D, where="police.example/lfr")


@pytest.mark.parametrize("where", ["", "  ", "x" * 400, "police\u202eexample"])
def test_notice_without_a_place_or_with_a_misleading_one_is_refused(store, granted, where):
    with pytest.raises((StateError, InputError)):
        documents.note_notice(store, BRONZE, D, where=where)


def test_briefing_prints_what_was_measured_between_groups_with_the_calibration_in_force(store, granted):
    without = documents.officers_documents(store, BRONZE, D, reason="briefing at 08:00")["briefing"]
    assert "No differences between groups of people were measured" in without
    plan = authority()
    differences = differences_of_figures(
        GROUPS | {"space_id": plan.space_id},
        space_id=plan.space_id,
        score_scale="cosine",
        measured_on=date(2026, 3, 1),
        data=DATA,
    )
    measured = calibration(
        (100, 0.6, 0, 100_000),
        calibration_id=plan.calibration_id,
        space_id=plan.space_id,
        differences=differences,
    )
    add_calibration(store, person(Role.ADMINISTRATOR), measured, reason="a study of our own model")
    briefed = documents.officers_documents(store, BRONZE, D, reason="briefing at 08:00")["briefing"]
    assert "No differences between groups of people were measured" not in briefed
    for said in ("sex: female", "80 of 90", "a ratio below 1.2 could not have been seen", "at threshold 0.55"):
        assert said in briefed
