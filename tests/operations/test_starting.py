"""Opening: refused for each thing that is not so, and bound to what it was opened with."""

from __future__ import annotations

from dataclasses import replace

import pytest
from frozen_lists import REVIEWER, frozen_list, move, new_list
from lived import (
    BRONZE,
    ENGAGER,
    OFFICER,
    SILVER,
    WHY,
    engine,
    granted,
    granted_urgently,
    log,
    opened,
    plan,
    prepare,
    requested,
)
from sqlalchemy import delete, select, update

from lfr_kit.errors import AuthorityError, KeyDestroyedError, NotInStoreError, StateError
from lfr_kit.governance.checklist import BEFORE_OPENING, VOUCHED_FOR, ItemResult, Ticked
from lfr_kit.governance.start_checks import Engine
from lfr_kit.operations import deployments, presence, starting
from lfr_kit.operations.watchlist_review import withdraw
from lfr_kit.store.tables.deployments import deployment_events
from lfr_kit.store.tables.watchlists import entries, watchlists


def refused(store, found, **changes) -> list[str]:
    return deployments.start_refusals(store, found.deployment_id, engine(found, **changes))


def test_start_of_a_bare_grant_is_refused_for_all_that_is_missing(store, clock):
    found = granted(store)
    clock.now = found.starts_at
    lines = refused(store, found)
    assert [line.split(":")[0] for line in lines] == ["watchlist", "notice", *["checklist"] * len(BEFORE_OPENING)]
    with pytest.raises(AuthorityError) as told:
        deployments.open_deployment(store, BRONZE, found.deployment_id, reason=WHY, engine=engine(found))
    assert list(told.value.findings) == lines
    assert deployments.standing(store, found.deployment_id).state == "granted"


def test_opening_binds_the_list_and_makes_the_key(store, clock):
    found = opened(store, clock)
    assert found.state == "open"
    with store.reading() as connection:
        frozen = connection.execute(select(watchlists)).one()
        assert store.vault.has_key(connection, f"deployment:{found.deployment_id}")
    assert found.watchlist_id == frozen.watchlist_id
    opening = deployments.history(store, SILVER, found.deployment_id, reason=WHY).events[-1]
    assert opening.data["watchlist_digest"] == frozen.digest
    assert opening.data["n_entries"] == 3
    assert opening.data["threshold"] == 0.962
    assert opening.data["authority_digest"] == found.authority_digest


def test_no_key_of_its_own_before_the_opening(store, clock):
    found = prepare(store, clock, granted(store))
    with store.reading() as connection, pytest.raises(KeyDestroyedError):
        store.vault.key(connection, f"deployment:{found.deployment_id}")


def test_prepared_deployment_may_start_and_not_twice(store, clock):
    found = prepare(store, clock, granted(store))
    assert refused(store, found) == []
    deployments.open_deployment(store, BRONZE, found.deployment_id, reason=WHY, engine=engine(found))
    with pytest.raises(StateError, match="while the deployment is open"):
        deployments.open_deployment(store, BRONZE, found.deployment_id, reason=WHY, engine=engine(found))


@pytest.mark.parametrize("item", VOUCHED_FOR)
def test_item_found_wanting_refuses_the_start(store, clock, item):
    found = prepare(store, clock, granted(store))
    failed = Ticked(item, ItemResult.FAILED)
    deployments.tick_off(store, BRONZE, found.deployment_id, failed, note="not so, after all")
    (line,) = refused(store, found)
    assert line.startswith(f"checklist: {item}: ")


def test_start_without_anybody_on_the_ground_is_refused_and_says_how_to_mend_it(store, clock):
    found = prepare(store, clock, granted(store))
    presence.check_out(store, ENGAGER, found.deployment_id)
    (line,) = refused(store, found)
    assert line == (
        "checklist: engagement_officers_present: nobody is checked in on the ground; see to it, then: "
        f"lfr deployment check-in {found.deployment_id} --team TEAM"
    )
    presence.check_in(store, BRONZE, found.deployment_id, team="team 2")
    assert refused(store, found) == []
    clock.advance(seconds=61)
    (line,) = refused(store, found)
    assert "nobody on the ground was heard of for 61 s (team 2 was the last)" in line


def test_start_too_early_and_too_late_is_refused(store, clock):
    found = prepare(store, clock, granted(store))
    clock.advance(seconds=-1)
    assert [line.split(":")[0] for line in refused(store, found)] == ["window"]
    clock.now = found.ends_at
    lines = refused(store, found)
    assert any(line.startswith("window: it ended") for line in lines)
    assert any("the deployment is aborted" in line for line in lines)


def test_start_with_the_clock_set_back_is_refused(store, clock):
    found = prepare(store, clock, granted(store))
    log(store, found.deployment_id, "fault", {"code": "later"})
    clock.advance(minutes=-30)
    with pytest.raises(Exception, match="the clock says"):
        refused(store, found)


def test_start_of_what_was_only_requested_is_refused(store, clock):
    found = prepare(store, clock, requested(store))
    lines = refused(store, found)
    assert lines[0] == "authority: the deployment is requested, not granted"
    assert all("engagement_officers_present" in line for line in lines[1:]), "nobody checks in to a mere request"


def test_urgent_grant_may_start_before_its_ratification_but_not_when_it_is_overdue(store, clock):
    found = prepare(store, clock, granted_urgently(store))
    assert refused(store, found) == []


def test_notice_published_before_the_plan_was_requested_does_not_count(store, clock):
    found = prepare(store, clock, granted(store))
    with store.engine.begin() as connection:
        kind = deployment_events.c.kind == "notice_published"
        connection.execute(delete(deployment_events).where(kind))
    assert [line.split(":")[0] for line in refused(store, found)] == ["notice"]
    with store.engine.begin() as connection:
        first = (deployment_events.c.seq == 1) & (deployment_events.c.kind == "transition")
        connection.execute(update(deployment_events).where(first).values(kind="notice_published"))
    assert [line.split(":")[0] for line in refused(store, found)] == ["notice"]


def test_critical_threat_on_the_officers_word_needs_no_notice(store, clock):
    found = requested(store)
    found = deployments.grant(store, OFFICER, found.deployment_id, reason=WHY, critical_threat="an attack is near")
    prepare(store, clock, found)
    with store.engine.begin() as connection:
        connection.execute(delete(deployment_events).where(deployment_events.c.kind == "notice_published"))
    assert refused(store, found) == []


def test_plan_swapped_after_the_grant_refuses_the_start(store, clock):
    from lfr_kit.store.repository.deployments import columns_of
    from lfr_kit.store.tables.deployments import deployments as table

    found = prepare(store, clock, granted(store))
    with store.engine.begin() as connection:
        values = columns_of(
            store.vault.key(connection, "store"), found.deployment_id, plan(blind_first_look=False)
        )
        connection.execute(update(table).where(table.c.deployment_id == found.deployment_id).values(**values))
    assert refused(store, found) == ["authority: the plan is not the one that was granted; abort it and plan anew"]


def test_list_not_frozen_is_refused(store, clock):
    found = granted(store)
    new_list(store, found.deployment_id)
    assert any(line.endswith("freeze it with") or " is building" in line for line in refused(store, found))


def test_list_changed_after_the_freeze_is_refused(store, clock):
    found = prepare(store, clock, granted(store))
    with store.engine.begin() as connection:
        connection.execute(update(entries).values(response="red"))
    assert any("is not what was frozen" in line for line in refused(store, found))


def test_list_with_an_entry_taken_out_behind_its_back_is_refused(store, clock):
    found = prepare(store, clock, granted(store))
    with store.engine.begin() as connection:
        one = select(entries.c.entry_id).limit(1).scalar_subquery()
        connection.execute(update(entries).where(entries.c.entry_id == one).values(digest=None))
    assert any("is not what was frozen" in line for line in refused(store, found))


def test_list_with_an_entry_nobody_reviewed_is_refused(store, clock):
    found = prepare(store, clock, granted(store))
    with store.engine.begin() as connection:
        connection.execute(update(entries).values(reviewed_by=None))
    assert any("3 entries" in line and "reviewed by nobody" in line for line in refused(store, found))


def test_list_with_a_withdrawn_entry_may_start(store, clock):
    found = prepare(store, clock, granted(store))
    with store.reading() as connection:
        watchlist_id, entry_id = connection.execute(select(entries.c.watchlist_id, entries.c.entry_id)).first()
    withdraw(store, REVIEWER, watchlist_id, [entry_id], "arrested this morning")
    assert refused(store, found) == []


def test_list_older_than_24_hours_is_refused(store, clock):
    found = prepare(store, clock, granted(store))
    with store.engine.begin() as connection:
        connection.execute(update(watchlists).values(created_at=found.starts_at.replace(day=3, hour=9)))
    assert any("more than 24 hours before the start" in line for line in refused(store, found))


def test_list_whose_key_is_destroyed_is_refused(store, clock):
    found = prepare(store, clock, granted(store))
    with store.engine.begin() as connection:
        watchlist_id = connection.execute(select(watchlists.c.watchlist_id)).scalar_one()
        store.vault.destroy(connection, f"watchlist:{watchlist_id}", clock.now)
    assert any("its key is destroyed" in line for line in refused(store, found))


def test_another_network_than_the_authority_names_is_refused(store, clock):
    found = prepare(store, clock, granted(store))
    assert [line.split(":")[0] for line in refused(store, found, space_id="facenet:1:x")] == ["model"]
    lines = deployments.start_refusals(store, found.deployment_id, Engine(fault="weights are not here"))
    assert lines == ["model: dlib_resnet cannot be used here: weights are not here"]


def test_deployment_less_rivals_is_granted_on_its_calibration_and_opens_where_the_matcher_scores_so(store, clock):
    plan = {"score_scale": "cosine_less_rivals", "calibration_id": "dlib_resnet-lfw-3", "threshold": 0.9569}
    for wrong, what in (
        ({"calibration_id": "dlib_resnet-lfw-2"}, "is on scale cosine, not cosine_less_rivals"),
        ({"score_scale": "cosine"}, "is on scale cosine_less_rivals, not cosine"),
        ({"threshold": 0.9334}, "is below the floor 0.9335"),
    ):
        with pytest.raises(AuthorityError, match=what):
            requested(store, **plan | wrong)
    found = prepare(store, clock, granted(store, **plan))
    (line,) = refused(store, found)
    assert line.startswith("matcher: the one at hand scores cosine, the authority's threshold is on cosine_less")
    here = engine(found, score_scale="cosine_less_rivals")
    deployments.open_deployment(store, BRONZE, found.deployment_id, reason=WHY, engine=here)
    assert deployments.standing(store, found.deployment_id).state == "open"


def test_engine_here_scores_as_the_authority_says_unless_the_settings_say_otherwise(store, monkeypatch):
    from lfr_kit.config import settings

    found = granted(store).authority.model_copy(update={"embedder": "scripted"})
    assert starting.engine_here(found).score_scale == "cosine"
    less = found.model_copy(update={"score_scale": "cosine_less_rivals"})
    assert starting.engine_here(less).score_scale == "cosine_less_rivals"
    monkeypatch.setenv("LFR_MATCHER__SETTINGS", '{"normalisation": "rivals"}')
    settings.cache_clear()
    assert starting.engine_here(found).score_scale == "cosine_less_rivals"
    monkeypatch.setenv("LFR_MATCHER__SETTINGS", '{"normalisation": "nonesuch"}')
    settings.cache_clear()
    assert "nonesuch" in starting.engine_here(found).fault
    monkeypatch.delenv("LFR_MATCHER__SETTINGS")
    settings.cache_clear()


def test_other_cameras_than_the_authority_names_are_refused(store, clock):
    found = prepare(store, clock, granted(store))
    lines = refused(store, found, camera_ids=("north-approach", "my-phone"))
    assert [line.split(":")[0] for line in lines] == ["cameras", "cameras"]
    assert refused(store, found, camera_ids=("corn-hall", "north-approach")) == []


def test_engine_here_names_an_unknown_or_absent_network(store, monkeypatch, tmp_path):
    from lfr_kit.config import settings

    found = granted(store).authority
    assert "nonesuch" in starting.engine_here(found.model_copy(update={"embedder": "nonesuch"})).fault
    monkeypatch.setenv("LFR_MODELS_DIR", str(tmp_path / "empty"))
    settings.cache_clear()
    assert starting.engine_here(found).fault
    settings.cache_clear()
    scripted = starting.engine_here(found.model_copy(update={"embedder": "scripted"}))
    assert scripted.space_id.startswith("scripted:")


def test_resume_asks_everything_again_and_keeps_to_the_same_list(store, clock):
    found = opened(store, clock)
    paused = deployments.pause(store, BRONZE, found.deployment_id, reason=WHY)
    presence.check_out(store, ENGAGER, found.deployment_id)
    with pytest.raises(AuthorityError, match="engagement_officers_present"):
        deployments.resume(store, SILVER, found.deployment_id, reason=WHY, engine=engine(found))
    presence.check_in(store, ENGAGER, found.deployment_id, team="team 1")
    again = deployments.resume(store, SILVER, found.deployment_id, reason=WHY, engine=engine(found))
    assert (again.state, again.watchlist_id) == ("open", paused.watchlist_id)


def test_resume_on_another_list_than_it_was_opened_with_is_refused(store, clock):
    found = opened(store, clock)
    deployments.pause(store, BRONZE, found.deployment_id, reason=WHY)
    with store.engine.begin() as connection:
        connection.execute(update(watchlists).values(state="deleted"))
    move(store, found.deployment_id, "granted")
    frozen_list(store, found.deployment_id)
    move(store, found.deployment_id, "paused")
    assert any("not the list it was opened with" in line for line in refused(store, found))


def test_start_refusals_of_no_such_deployment(store):
    with pytest.raises(NotInStoreError):
        deployments.start_refusals(store, "D-none")


def test_opened_twice_at_once_opens_once(store, clock):
    from concurrent.futures import ThreadPoolExecutor

    found = prepare(store, clock, granted(store))

    def go(number: int) -> str:
        who = replace(BRONZE, user_id=f"bronze-{number}")
        try:
            return deployments.open_deployment(
                store, who, found.deployment_id, reason=WHY, engine=engine(found)
            ).state
        except StateError:
            return "told"

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(go, range(4))) == ["open", "told", "told", "told"]
