"""Deployments and events at the border between rows and records."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from lived import SILVER, WHY, drafted, granted, log, requested

from lfr_kit.errors import DecisionConflictError, NotInStoreError
from lfr_kit.governance.vocabulary import DeploymentState
from lfr_kit.store.repository import deployments as rows
from lfr_kit.store.repository.deployments import Event


def test_change_of_a_version_that_is_gone_is_refused(store):
    found = drafted(store)
    with store.engine.begin() as connection:
        rows.change(connection, found, threshold=0.97)
    with store.engine.begin() as connection, pytest.raises(DecisionConflictError, match="look again"):
        rows.change(connection, found, threshold=0.98)
    assert rows_standing(store, found).threshold == 0.97


def rows_standing(store, found):
    with store.reading() as connection:
        return rows.standing(connection, found.deployment_id)


def test_standing_says_the_same_as_the_whole_record(store):
    found = granted(store)
    brief = rows_standing(store, found)
    for name in brief.__dataclass_fields__:
        assert getattr(brief, name) == getattr(found, name)


def test_deployments_in_states_come_by_start(store):
    late = requested(store, **_window(3))
    early, draft = requested(store, **_window(1)), drafted(store)
    with store.reading() as connection:
        key = store.vault.key(connection, "store")
        asked = rows.deployments_in(connection, key, [DeploymentState.REQUESTED])
        every = rows.deployments_in(connection, key)
    assert [each.deployment_id for each in asked] == [early.deployment_id, late.deployment_id]
    assert {each.deployment_id for each in every} == {early.deployment_id, late.deployment_id, draft.deployment_id}


def _window(days: int) -> dict:
    from lived import plan

    starts_at = plan().starts_at + timedelta(days=days)
    return {"starts_at": starts_at, "ends_at": starts_at + timedelta(hours=2)}


def test_events_are_numbered_without_gap_or_double_however_many_write(store):
    found = drafted(store)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda n: log(store, found.deployment_id, "fault", {"code": n}), range(12)))
    with store.reading() as connection:
        events = rows.events_of(connection, store.vault.key(connection, "store"), found.deployment_id)
    assert [each.seq for each in events] == list(range(1, 14))
    assert sorted(each.data["code"] for each in events[1:]) == list(range(12))


def test_events_of_some_kinds_only(store):
    found = drafted(store)
    log(store, found.deployment_id, "lit", {"camera_id": "north-approach"})
    with store.reading() as connection:
        key = store.vault.key(connection, "store")
        (lit,) = rows.events_of(connection, key, found.deployment_id, ["lit"])
    assert (lit.kind, dict(lit.data), lit.reason, lit.actor_id) == (
        "lit",
        {"camera_id": "north-approach"},
        "",
        SILVER.user_id,
    )


def test_event_of_no_deployment_is_refused(store):
    event = Event(deployment_id="D-none", seq=0, at=store.clock(), actor_id="x", kind="lit", reason=WHY)
    with store.engine.begin() as connection, pytest.raises(NotInStoreError):
        rows.add_event(connection, store.vault.key(connection, "store"), event)


def test_link_watchlist_names_the_list(store):
    found = drafted(store)
    with store.engine.begin() as connection:
        rows.link_watchlist(connection, found.deployment_id, "W-7")
    assert rows_standing(store, found).watchlist_id == "W-7"
