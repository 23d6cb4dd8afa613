"""Footage on its own clock: 31 days, holds, deletion that leaves nothing. Referee: calendar, bytes on the disk."""

from __future__ import annotations

from datetime import timedelta

import pytest
from alerted import SILVER, logged
from filmed import begun, filmed, opened_to_record
from governed import FakeClock, person
from retained import GOLD, add_user, hold_request
from sqlalchemy import select
from store_places import settings_of

from lfr_kit.errors import KeyDestroyedError, NotInStoreError, PermissionRefusedError, RetentionError
from lfr_kit.governance.recording import SegmentState
from lfr_kit.governance.roles import SYSTEM, Role
from lfr_kit.governance.vocabulary import DeletionReason, DeploymentState
from lfr_kit.operations import certificates, deletion, holds, recordings, residue_check, retention
from lfr_kit.operations.recording_export import ExportOrder, export_to
from lfr_kit.store.repository import recordings as rows
from lfr_kit.store.segment_file import segment_path
from lfr_kit.store.tables.keys import data_keys
from lfr_kit.store.tables.recordings import recording_segments

D = "D-0000000001"
WHY = "the periods ran out"
OTHER_SILVER = person(Role.SILVER, name="silver-2")


@pytest.fixture
def store_settings(tmp_path, founded):
    """SQLite: what the clock does to rows is tested on both databases elsewhere."""
    from shutil import copytree

    for name in ("keys", "store"):
        copytree(founded(FakeClock) / name, tmp_path / name)
    return settings_of(tmp_path)


@pytest.fixture
def footage(store, clock):
    """Two segments, an hour apart, of a deployment that is closed an hour later; the folder that they lie in."""
    add_user(store, "silver-2", Role.SILVER)
    opened = opened_to_record(store)
    made = [filmed(store)]
    clock.advance(hours=1)
    made.append(filmed(store))
    clock.advance(hours=1)
    opened.move(DeploymentState.CLOSED, closed_at=clock.now)
    return made


def run(store):
    return retention.run(store, SYSTEM, reason=WHY)


def left(store) -> list[str]:
    """Segments whose file is there, whatever the store says."""
    return sorted(path.name.removesuffix(".segment") for path in store.chosen.recordings.rglob("*.segment"))


def scopes(store) -> set[str]:
    with store.reading() as connection:
        return {each for each in connection.execute(select(data_keys.c.scope)).scalars() if "recording:" in each}


def test_all_goes_31_days_after_the_first_minute_less_a_quarter_of_an_hour_and_not_a_second_before(
    store, clock, footage
):
    run(store)  # the watchlist's time is over too, the next day
    clock.now = footage[0].started_at + timedelta(days=31) - timedelta(minutes=15, seconds=1)
    assert retention.plan(store) == [] or all("cctv" not in each.ids for each in retention.plan(store))
    run(store)
    assert left(store) == sorted(each.segment_id for each in footage)
    clock.advance(seconds=1)
    (planned,) = [each for each in retention.plan(store) if "cctv" in each.ids]
    assert planned.ids["cctv"] == tuple(sorted(each.segment_id for each in footage))
    assert left(store) == sorted(each.segment_id for each in footage), "a plan deletes nothing"
    done = run(store)
    assert done.is_good
    assert (left(store), scopes(store)) == ([], set())
    with store.reading() as connection:
        assert connection.execute(select(recording_segments)).all() == []


def test_certificate_counts_the_segments_and_names_the_keys_that_were_destroyed(store, clock, footage):
    clock.advance(days=31)
    with store.reading() as connection:
        key_ids = {store.vault.key(connection, rows.scope(each.segment_id)).key_id for each in footage}
    run(store)
    found = [certificates.certificate(store, each).certificate for each in certificates.certificate_ids(store)]
    (of_footage,) = [each for each in found if "cctv" in each.counts]
    assert of_footage.counts["cctv"] == 2
    assert key_ids <= set(of_footage.keys_destroyed)
    assert of_footage.residue["found_before"] > 0, "the search was seen to work"
    assert of_footage.residue["found_after"] == 0
    assert "recording_segments" in of_footage.digests


def test_footage_stays_when_the_deployment_is_purged_and_the_certificate_says_so(store, clock, footage):
    clock.advance(days=2)
    run(store)
    with store.reading() as connection:
        state = rows.segments(connection, D)
        assert deletion.rows.deployment_state(connection, D) is DeploymentState.PURGED
    assert len(state) == 2
    remarks = certificates.certificate(store, certificates.certificate_ids(store)[-1]).certificate.remarks
    assert "2 segments of recorded footage stay until their own time is over" in remarks
    assert recordings.play(store, SILVER, footage[0].segment_id, reason="a complaint")


def test_deleted_footage_cannot_be_played_even_from_a_copy_of_its_file(store, clock, footage, tmp_path):
    path = recordings.file_of(store, footage[0])
    copy = path.read_bytes()
    clock.advance(days=31)
    run(store)
    with pytest.raises(NotInStoreError):
        recordings.play(store, SILVER, footage[0].segment_id, reason="a complaint")
    with store.reading() as connection, pytest.raises(KeyDestroyedError):
        store.vault.key(connection, rows.scope(footage[0].segment_id))
    (tmp_path / "backup").mkdir()
    (tmp_path / "backup" / "copy").write_bytes(copy)
    report = residue_check.verify(store, SILVER, reason="check", also=[tmp_path / "backup"], only_these=True)
    assert [(each.what, each.is_readable) for each in report.remains] == [("ciphertext", False)]


def test_copy_that_was_exported_and_not_deleted_is_found_afterwards(store, clock, footage, tmp_path):
    (tmp_path / "stick").mkdir()
    order = ExportOrder(segment_ids=(footage[0].segment_id,), recipient="court", reason="case 1")
    export_to(store, SILVER, order, tmp_path / "stick" / "a.mp4")
    clock.advance(days=31)
    run(store)
    report = residue_check.verify(store, SILVER, reason="check", also=[tmp_path / "stick"], only_these=True)
    assert [(each.what, each.is_readable) for each in report.findings] == [("picture", True)]


def test_verifier_looks_through_the_folder_of_footage(store, clock, footage):
    path = recordings.file_of(store, footage[0])
    copy = path.read_bytes()
    clock.advance(days=31)
    run(store)
    path.parent.mkdir(parents=True)
    path.with_name("stray").write_bytes(copy)
    report = residue_check.verify(store, SILVER, reason="check", only_these=True)
    assert "recorded footage" in report.places
    assert [each.what for each in report.remains] == ["ciphertext"]


@pytest.mark.parametrize("at", ["clean_pages", "discard_loose_files"])
def test_deletion_cut_off_after_the_rows_went_is_finished_by_the_next_run(store, clock, footage, monkeypatch, at):
    clock.advance(days=31)

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(deletion, at, killed)
        with pytest.raises(KeyboardInterrupt):
            run(store)
    assert scopes(store) == set(), "keys went first"
    assert run(store).is_good
    assert left(store) == []
    assert not store.chosen.recordings.joinpath(D).exists()


def test_hold_keeps_what_it_names_and_released_it_goes_with_the_next_run(store, clock, footage):
    first, second = (each.segment_id for each in footage)
    placed = holds.place_footage_hold(store, GOLD, [first], hold_request(clock))
    assert (placed.segment_ids, placed.alert_ids) == ((first,), ())
    clock.advance(days=100)
    done = run(store)
    assert done.is_good
    assert left(store) == [first]
    assert recordings.play(store, SILVER, first, reason="the trial").segment.hold_id == placed.hold_id
    assert [each.hold_id for each in holds.overdue_holds(store)] == [placed.hold_id]
    assert retention.status(store).n_held_segments == 1
    with pytest.raises(RetentionError, match="another person"):
        holds.release_hold(store, GOLD, placed.hold_id, reason="the trial is over")
    holds.release_hold(store, OTHER_SILVER, placed.hold_id, reason="the trial is over")
    run(store)
    assert (left(store), scopes(store)) == ([], set())
    assert second not in left(store)


def test_hold_that_is_released_early_does_not_shorten_the_time(store, clock, footage):
    placed = holds.place_footage_hold(store, GOLD, [footage[0].segment_id], hold_request(clock))
    holds.release_hold(store, OTHER_SILVER, placed.hold_id, reason="the case was dropped")
    run(store)
    assert len(left(store)) == 2
    clock.advance(days=31)
    run(store)
    assert left(store) == []


def test_hold_has_a_case_a_reviewer_and_a_day_and_is_logged(store, clock, footage):
    ids = [each.segment_id for each in footage]
    for changes in ({"case_ref": " "}, {"reviewer": "gold-1"}, {"review_on": clock.now.date()}):
        with pytest.raises(Exception):  # noqa: B017, PT011 -- whichever rule it is
            holds.place_footage_hold(store, GOLD, ids, hold_request(clock, **changes))
    with pytest.raises(PermissionRefusedError):
        holds.place_footage_hold(store, person(Role.LFR_OPERATOR), ids, hold_request(clock))
    holds.place_footage_hold(store, GOLD, ids, hold_request(clock))
    assert logged(store)[-1].action == "retention.hold"
    with pytest.raises(RetentionError, match="is held already"):
        holds.place_footage_hold(store, GOLD, ids[:1], hold_request(clock))


def test_footage_is_deleted_by_hand_before_its_time_all_of_it_or_some(store, clock, footage):
    first, second = (each.segment_id for each in footage)
    done = retention.delete_footage(
        store, SILVER, D, DeletionReason.ERROR, segment_ids=[first], justification="the wrong camera"
    )
    assert left(store) == [second]
    assert certificates.certificate(store, done.certificate_id).certificate.reason == "error"
    placed = holds.place_footage_hold(store, GOLD, [second], hold_request(clock))
    for ids in ((), [second]):
        with pytest.raises(RetentionError):
            retention.delete_footage(
                store, SILVER, D, DeletionReason.ERROR, segment_ids=ids, justification="the wrong camera"
            )
    assert left(store) == [second]
    assert placed.segment_ids == (second,)
    with pytest.raises(PermissionRefusedError):
        retention.delete_footage(store, person(Role.AUDITOR), D, DeletionReason.ERROR, justification="x")


def test_what_a_killed_runner_left_is_settled_and_what_belongs_to_nothing_is_deleted(store, clock):
    opened = opened_to_record(store)
    writer = begun(store, D)
    loose = segment_path(store.chosen.recordings, D, "V-loose")
    loose.write_bytes(b"of a row that is gone")
    run(store)
    assert not loose.exists()
    assert [each.state for each in recordings.listing(store, SILVER, D).segments] == [SegmentState.RUNNING]
    opened.move(DeploymentState.ABORTED, closed_at=clock.now)
    run(store)
    (found,) = recordings.listing(store, SILVER, D).segments
    assert (found.segment_id, found.state) == (writer.segment_id, SegmentState.CUT_OFF)
