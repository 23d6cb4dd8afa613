"""Footage made, kept, played and given away. Referee: PyAV's own reading of the video, bytes on the disk."""

from __future__ import annotations

import hashlib
import io
import json
import os
import stat
from datetime import timedelta

import av
import numpy as np
import pytest
from alerted import CAMERA, OPERATOR, SILVER, Opened, logged, logged_details
from filmed import begun, filmed, granted_plan, note_grant, opened_to_record, scene
from governed import person
from recorded import authority
from sqlalchemy import select, update

from lfr_kit.errors import (
    AuthorityError,
    InputError,
    JustificationError,
    LfrError,
    NotInStoreError,
    OutputError,
    PermissionRefusedError,
    TamperedError,
)
from lfr_kit.governance.recording import SegmentState
from lfr_kit.governance.roles import PERMISSIONS, Action, Role
from lfr_kit.governance.vocabulary import DeploymentState
from lfr_kit.operations import keys, recordings
from lfr_kit.operations.audit import set_justification_policy
from lfr_kit.operations.recording_export import ExportOrder, export_in_memory, export_to
from lfr_kit.operations.recordings import begin_segment, listing, play, settle, video_in_memory
from lfr_kit.store.repository import recordings as rows
from lfr_kit.store.tables.keys import data_keys
from lfr_kit.store.tables.recordings import recording_segments

D = "D-0000000001"
WHY = "complaint 26/114 about the stop at ten"
AUDITOR = person(Role.AUDITOR)
TABLE = recording_segments.c


@pytest.fixture
def opened(store):
    return opened_to_record(store)


def files(store):
    folder = store.chosen.recordings
    return sorted(path for path in folder.rglob("*") if path.is_file()) if folder.exists() else []


def seen(video: bytes) -> list[np.ndarray]:
    """Every frame of a video, by PyAV alone."""
    with av.open(io.BytesIO(video)) as found:
        return [frame.to_ndarray(format="rgb24") for frame in found.decode(video=0)]


def change(store, segment_id, **values):
    """Writes to a row from outside."""
    with store.engine.begin() as connection:
        connection.execute(update(recording_segments).where(TABLE.segment_id == segment_id).values(**values))


def video_of(store, segment_id, actor=SILVER):
    return video_in_memory([play(store, actor, segment_id, reason=WHY)], {})


def test_footage_comes_back_as_it_was_seen_frame_by_frame(store, opened, clock):
    made = filmed(store)
    assert (made.state, made.n_frames, made.lasts_s) == (SegmentState.WHOLE, 25, 4.8)
    frames = seen(video_of(store, made.segment_id))
    assert len(frames) == 25
    for n in (0, 12, 24):
        difference = np.abs(frames[n].astype(int) - scene(n, clock.now).image)
        assert difference[:, 4 * n : 4 * n + 40].mean() < 25, f"the bar of frame {n} is where it was"


def test_nothing_of_the_footage_lies_on_the_disk_in_the_clear_and_only_the_owner_may_read_it(store, opened):
    made = filmed(store)
    (file,) = files(store)
    assert file == store.chosen.recordings / D / f"{made.segment_id}.segment"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(file.parent.parent.stat().st_mode) == 0o700
    content = file.read_bytes()
    assert not any(word in content for word in (b"ftyp", b"moov", b"mdat", b"avc1", b"Lavf", CAMERA.encode()))
    assert made.n_bytes == len(content)


def test_each_segment_has_a_key_of_its_own(store, opened):
    made = [filmed(store).segment_id for _ in range(2)]
    with store.reading() as connection:
        scopes = set(connection.execute(select(data_keys.c.scope)).scalars())
    assert {f"recording:{each}" for each in made} <= scopes


@pytest.mark.parametrize("what", ["no recording", "not granted", "swapped", "paused", "closed", "other camera"])
def test_nothing_is_begun_that_the_authority_does_not_let(store, what):
    plan = authority() if what == "no recording" else granted_plan()
    opened = Opened(store, D, plan)
    if what != "not granted":
        note_grant(store, D, authority() if what == "swapped" else plan)
    if what in ("paused", "closed"):
        opened.move(DeploymentState.PAUSED if what == "paused" else DeploymentState.CLOSED)
    camera = "north-2" if what == "other camera" else CAMERA
    with pytest.raises(AuthorityError):
        begin_segment(store, OPERATOR, D, camera, store.clock())
    assert files(store) == []
    with store.reading() as connection:
        assert connection.execute(select(recording_segments)).all() == []
    assert "refused:recording.make" in [each.action for each in logged(store)]


def test_nothing_is_begun_once_the_window_is_over(store, opened, clock):
    clock.now = opened.plan.ends_at
    with pytest.raises(AuthorityError, match="window"):
        begin_segment(store, OPERATOR, D, CAMERA, clock.now - timedelta(seconds=1))


@pytest.mark.parametrize("role", sorted(set(Role) - PERMISSIONS[Action.RECORDING_MAKE]))
def test_who_may_not_run_a_deployment_records_nothing(store, opened, role):
    with pytest.raises(PermissionRefusedError):
        begin_segment(store, person(role), D, CAMERA, store.clock())


@pytest.mark.parametrize("role", sorted(set(Role) - PERMISSIONS[Action.RECORDING_PLAY]))
def test_playing_is_refused_to_whoever_may_not_and_the_refusal_is_logged(store, opened, role):
    made = filmed(store)
    with pytest.raises(PermissionRefusedError):
        play(store, person(role), made.segment_id, reason=WHY)
    assert logged(store)[-1].action == "refused:recording.play"


def test_playing_asks_for_a_reason_and_is_logged_as_a_consultation(store, opened):
    made = filmed(store)
    administrator = person(Role.ADMINISTRATOR)
    set_justification_policy(store, administrator, is_mandatory=False, justification="a trial")
    for nothing in ("", "  "):
        with pytest.raises(JustificationError):
            play(store, SILVER, made.segment_id, reason=nothing)
    for actor in (SILVER, AUDITOR):
        video_of(store, made.segment_id, actor)
    last = logged(store)[-1]
    assert (last.action, last.operation, last.subject) == (
        "recording.play",
        "consultation",
        f"recording:{made.segment_id}",
    )
    assert logged_details(store, "recording.play")[-1]["camera_id"] == CAMERA


def test_segments_that_were_exchanged_do_not_open(store, opened):
    first, second = filmed(store), filmed(store)
    one, two = (recordings.file_of(store, each) for each in (first, second))
    content = one.read_bytes()
    one.write_bytes(two.read_bytes())
    two.write_bytes(content)
    for each in (first, second):
        with pytest.raises(TamperedError):
            video_of(store, each.segment_id)


def pieces(content: bytes) -> list[bytes]:
    """The pieces of a file, each with its length before it."""
    found = []
    while content:
        end = 4 + int.from_bytes(content[:4], "big")
        found.append(content[:end])
        content = content[end:]
    return found


TAMPERED = {
    "last piece cut off": lambda parts: parts[:-1],
    "all but the header cut off": lambda parts: parts[:1],
    "header cut off": lambda parts: parts[1:],
    "a piece left out": lambda parts: parts[:2] + parts[3:],
    "two pieces exchanged": lambda parts: [*parts[:2], parts[3], parts[2], *parts[4:]],
    "a piece twice": lambda parts: [*parts, parts[-1]],
    "bytes added": lambda parts: [*parts, b"more"],
    "a bit changed": lambda parts: [*parts[:-1], parts[-1][:-1] + bytes([parts[-1][-1] ^ 1])],
    "half a piece cut off": lambda parts: [*parts[:-1], parts[-1][: len(parts[-1]) // 2]],
    "nothing left": lambda parts: [],
}


@pytest.mark.parametrize("how", TAMPERED)
def test_footage_that_was_cut_or_put_in_another_order_does_not_open(store, opened, how):
    made = filmed(store)
    file = recordings.file_of(store, made)
    parts = pieces(file.read_bytes())
    assert len(parts) >= 4
    file.write_bytes(b"".join(TAMPERED[how](parts)))
    with pytest.raises(TamperedError):
        video_of(store, made.segment_id)


@pytest.mark.parametrize(
    "values",
    [
        {"camera_id": "north-2"},
        {"n_frames": 3},
        {"state": "cut_off"},
        {"sealed_end": None},
        {"started_at": "later"},
        {"deployment_id": "D-0000000002"},
    ],
    ids=lambda values: next(iter(values)),
)
def test_row_that_was_changed_from_outside_does_not_open_its_footage(store, opened, clock, values):
    made = filmed(store)
    if values == {"started_at": "later"}:
        values = {"started_at": clock.now + timedelta(hours=1)}
    if "deployment_id" in values:
        opened_to_record(store, "D-0000000002")
        target = store.chosen.recordings / "D-0000000002"
        recordings.file_of(store, made).parent.rename(target)
    change(store, made.segment_id, **values)
    with pytest.raises(TamperedError):
        video_of(store, made.segment_id)


def test_footage_that_is_not_on_this_machine_is_said_to_be_missing(store, opened):
    made = filmed(store)
    recordings.file_of(store, made).unlink()
    assert listing(store, SILVER, D).missing == {made.segment_id}
    with pytest.raises(OutputError, match="not on this machine"):
        video_of(store, made.segment_id)
    link = recordings.file_of(store, made)
    link.symlink_to("/etc/passwd")
    with pytest.raises(LfrError):
        video_of(store, made.segment_id)


def test_unknown_segment_is_said_to_be_none(store, opened):
    for segment_id in ("V-none", "../../x"):
        with pytest.raises(NotInStoreError):
            play(store, SILVER, segment_id, reason=WHY)


def test_what_is_being_recorded_can_be_played_up_to_its_last_piece(store, opened):
    writer = begun(store, D)
    frames = seen(video_of(store, writer.segment_id))
    assert 10 <= len(frames) <= 25
    writer.finish()
    assert len(seen(video_of(store, writer.segment_id))) == 25


def test_segment_left_open_is_settled_with_all_that_was_kept_and_its_loose_end_cut_off(store, opened):
    writer = begun(store, D)
    file = next(iter(files(store)))
    kept = file.read_bytes()
    with file.open("ab") as torn:
        torn.write((5000).to_bytes(4, "big") + os.urandom(300))  # a piece that a killed program had begun
    assert settle(store, D) == [writer.segment_id]
    assert file.read_bytes() == kept
    (found,) = listing(store, SILVER, D).segments
    assert (found.state, found.n_frames) == (SegmentState.CUT_OFF, 20)
    assert found.lasts_s == pytest.approx(3.8)
    assert len(seen(video_of(store, writer.segment_id))) == 20
    assert settle(store, D) == []
    file.write_bytes(kept[:-1000])
    with pytest.raises(TamperedError):
        video_of(store, writer.segment_id)


def test_open_segments_of_a_deployment_that_goes_on_are_not_settled_in_passing(store, opened):
    writer = begun(store, D)
    assert settle(store) == []
    opened.move(DeploymentState.CLOSED)
    assert settle(store) == [writer.segment_id]


def test_listing_says_when_footage_goes_and_shows_none(store, opened, clock):
    first_at = clock.now
    filmed(store)
    clock.advance(minutes=1)
    filmed(store)
    found = listing(store, OPERATOR, D)
    assert [each.started_at for each in found.segments] == [first_at, clock.now]
    assert found.due_at == first_at + timedelta(days=31, minutes=-15)
    assert found.missing == frozenset()
    with pytest.raises(PermissionRefusedError):
        listing(store, person(Role.ADMINISTRATOR), D)


def order(*segments, **changes) -> ExportOrder:
    given = {"recipient": "Crown Prosecution Service", "reason": "disclosure in case 26/14", **changes}
    return ExportOrder(segment_ids=tuple(each.segment_id for each in segments), **given)


def test_export_is_one_video_with_its_gaps_and_a_note_of_who_and_why(store, opened, clock, tmp_path):
    first = filmed(store)
    clock.advance(seconds=60)
    second = filmed(store)
    out = tmp_path / "evidence.mp4"
    done = export_to(store, SILVER, order(second, first), out)
    with av.open(str(out)) as found:
        times = [float(frame.time) for frame in found.decode(video=0)]
        comment = found.metadata["comment"]
    assert (len(times), times[0], times[25]) == (50, 0.0, 60.0)
    assert comment == "Exported by silver-1 for Crown Prosecution Service: disclosure in case 26/14"
    note = json.loads((tmp_path / "evidence.mp4.json").read_text())
    assert note == done.about
    assert note["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
    assert (note["recipient"], note["exported_by"]) == ("Crown Prosecution Service", "silver-1")
    assert note["segments"] == [first.segment_id, second.segment_id]
    for path in (out, tmp_path / "evidence.mp4.json"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.glob("*evidence*")) == ["evidence.mp4", "evidence.mp4.json"]


def test_export_is_logged_as_a_disclosure_before_it_is_written_and_with_its_digest(store, opened, tmp_path):
    done = export_to(store, SILVER, order(filmed(store)), tmp_path / "a.mp4")
    assert [each.operation for each in logged(store, "recording.export")] == ["disclosure"] * 2
    first, last = logged_details(store, "recording.export")
    assert first["recipient"] == "Crown Prosecution Service"
    assert (first["phase"], last["phase"]) == ("begun", "done")
    assert last["sha256"] == done.about["sha256"]


@pytest.mark.parametrize("name", ["a.mp4", "a.mp4.json"])
def test_export_overwrites_nothing_and_gives_nothing_away_then(store, opened, tmp_path, name):
    made = filmed(store)
    (tmp_path / name).write_text("mine")
    n_logged = len(logged(store))
    with pytest.raises(OutputError, match="there already"):
        export_to(store, SILVER, order(made), tmp_path / "a.mp4")
    assert (tmp_path / name).read_text() == "mine"
    assert len(logged(store)) == n_logged


def test_export_that_fails_leaves_no_file(store, opened, tmp_path):
    made = filmed(store)
    file = recordings.file_of(store, made)
    file.write_bytes(file.read_bytes()[:-1])
    (tmp_path / "out").mkdir()
    with pytest.raises(TamperedError):
        export_to(store, SILVER, order(made), tmp_path / "out" / "a.mp4")
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("role", sorted(set(Role) - PERMISSIONS[Action.RECORDING_EXPORT]))
def test_export_is_refused_to_whoever_may_not(store, opened, tmp_path, role):
    made = filmed(store)
    with pytest.raises(PermissionRefusedError):
        export_to(store, person(role), order(made), tmp_path / "a.mp4")
    assert list(tmp_path.glob("a.mp4*")) == []
    assert logged(store)[-1].action == "refused:recording.export"


def test_export_without_recipient_or_reason_or_of_several_sizes_is_refused(store, opened, clock, tmp_path):
    made = filmed(store)
    for changes, kind in (({"recipient": " "}, InputError), ({"reason": ""}, JustificationError)):
        with pytest.raises(kind):
            export_to(store, SILVER, order(made, **changes), tmp_path / "a.mp4")
    clock.advance(seconds=10)
    other = filmed(store, size_wh=(640, 480))
    with pytest.raises(InputError, match="size changed"):
        export_to(store, SILVER, order(made, other), tmp_path / "a.mp4")
    assert list(tmp_path.glob("*a.mp4*")) == []


def test_export_in_memory_writes_no_file(store, opened, tmp_path):
    made = filmed(store)
    before = sorted(tmp_path.rglob("*"))
    done, video = export_in_memory(store, SILVER, order(made))
    assert sorted(tmp_path.rglob("*")) == before
    assert done.about["sha256"] == hashlib.sha256(video).hexdigest()
    assert len(seen(video)) == 25


def test_footage_opens_after_the_master_key_was_rotated(store, opened):
    made = filmed(store)
    keys.rotate(store, person(Role.ADMINISTRATOR), WHY, store.chosen)
    with store.reading() as connection:
        found = select(data_keys.c.master_key_id).where(data_keys.c.scope == rows.scope(made.segment_id))
        assert connection.execute(found).scalar_one() == store.vault.master.current_id
    assert len(seen(video_of(store, made.segment_id))) == 25
