"""Alerts that wait on this machine: sealed, whole or not there, and opened only where they belong."""

from __future__ import annotations

import os
import stat
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lfr_kit.errors import InputError, OutputError, TamperedError
from lfr_kit.store.repository.alerts import PendingAlert
from lfr_kit.store.spool import Spool, discard
from lfr_kit.store.vault import DataKey, _data_key

AT = datetime(2026, 5, 4, 9, 0, 1, 250, tzinfo=UTC)
FACE = b"\xff\xd8\xff\xe0 a face " + bytes(range(256)) * 8


def key(n: int = 1) -> DataKey:
    return _data_key(f"K-{n}", "deployment:D-1", bytes([n]) * 32)


def waiting_alert(alert_id: str = "A-1", deployment_id: str = "D-1") -> PendingAlert:
    return PendingAlert(
        alert_id=alert_id,
        deployment_id=deployment_id,
        entry_id="E-secret-person",
        camera_id="north-1",
        captured_at=AT,
        raised_at=AT,
        similarity=0.71,
        comparison_score=0.71,
        threshold=0.64,
        score_scale="cosine",
        n_enrolled=3,
        quality=80.0,
        probe_jpeg=FACE,
    )


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool", "D-1", key())


def test_alert_comes_back_as_it_was_put(spool):
    path = spool.put(waiting_alert())
    assert spool.waiting() == (path,)
    assert path.name == "A-1.alert"
    back = spool.read(path)
    for field in fields(PendingAlert):
        assert getattr(back, field.name) == getattr(waiting_alert(), field.name), field.name


def test_nothing_of_it_is_on_the_disk_in_the_clear(spool):
    content = spool.put(waiting_alert()).read_bytes()
    for plain in (FACE[:16], FACE[40:56], b"E-secret-person", b"north-1", b"cosine", b"2026-05-04", b"D-1", b"{"):
        if len(plain) > 3:
            assert plain not in content
    assert content != spool.put(waiting_alert()).read_bytes()


def test_only_the_owner_may_read_it(spool):
    path = spool.put(waiting_alert())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_it_is_on_the_disk_before_put_returns(spool, monkeypatch):
    synced = []
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: (synced.append(stat.S_ISDIR(os.fstat(fd).st_mode)), real(fd)))
    spool.put(waiting_alert())
    assert synced == [False, True]


def test_file_half_written_is_no_waiting_alert(spool):
    spool.put(waiting_alert())
    (spool.folder / ".A-2.alert.77.partial").write_bytes(b"half")
    assert [path.name for path in spool.waiting()] == ["A-1.alert"]


def test_every_changed_byte_is_noticed(spool):
    path = spool.put(waiting_alert())
    whole = path.read_bytes()
    for place in (0, 11, 12, len(whole) // 2, len(whole) - 1):
        changed = bytearray(whole)
        changed[place] ^= 1
        path.write_bytes(changed)
        with pytest.raises(TamperedError):
            spool.read(path)
    for shortened in (b"", whole[:8], whole[:-1], whole + b"x"):
        path.write_bytes(shortened)
        with pytest.raises(TamperedError):
            spool.read(path)


def test_file_under_another_name_or_of_another_deployment_is_not_read(spool, tmp_path):
    path = spool.put(waiting_alert())
    renamed = path.with_name("A-2.alert")
    renamed.write_bytes(path.read_bytes())
    with pytest.raises(TamperedError):
        spool.read(renamed)
    with pytest.raises(TamperedError):
        Spool(tmp_path / "spool", "D-1", key(2)).read(path)
    other = Spool(tmp_path / "spool", "D-2", key())
    other.folder.mkdir()
    (other.folder / "A-1.alert").write_bytes(path.read_bytes())
    with pytest.raises(TamperedError):
        other.read(other.waiting()[0])


def test_link_and_folder_and_pipe_are_not_read(spool, tmp_path):
    path = spool.put(waiting_alert())
    kept = tmp_path / "kept"
    path.rename(kept)
    path.symlink_to(kept)
    (spool.folder / "A-2.alert").mkdir()
    os.mkfifo(spool.folder / "A-3.alert")
    for each in spool.waiting():
        with pytest.raises(TamperedError):
            spool.read(each)


def test_file_set_aside_is_kept_and_waits_no_more(spool):
    first = spool.set_aside(spool.put(waiting_alert()))
    second = spool.set_aside(spool.put(waiting_alert()))
    assert (first.name, second.name) == ("A-1.alert.set_aside", "A-1.alert.set_aside-2")
    assert first.exists()
    assert spool.waiting() == ()


@pytest.mark.parametrize("forged", ["../A", "a/b", "", ".hidden", "x" * 41])
def test_forged_ids_name_no_file(spool, tmp_path, forged):
    with pytest.raises(InputError):
        spool.put(waiting_alert(forged))
    with pytest.raises(InputError):
        Spool(tmp_path, forged, key())
    assert list(tmp_path.rglob("*")) == []


def test_disk_that_refuses_leaves_nothing_and_says_why(spool, monkeypatch):
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="no room left on the disk"):
        spool.put(waiting_alert())
    assert list(spool.folder.iterdir()) == []


def test_discard_takes_all_of_one_deployment_and_only_that(spool, tmp_path):
    spool.set_aside(spool.put(waiting_alert("A-1")))
    spool.put(waiting_alert("A-2"))
    other = Spool(tmp_path / "spool", "D-2", key())
    other.put(waiting_alert("A-3", "D-2"))
    assert discard(tmp_path / "spool", "D-1") == 2
    assert discard(tmp_path / "spool", "D-1") == 0
    assert not spool.folder.exists()
    assert len(other.waiting()) == 1


def test_discard_does_not_follow_a_link(spool, tmp_path):
    outside = tmp_path / "outside"
    outside.write_text("not ours")
    spool.put(waiting_alert())
    (spool.folder / "A-9.alert").symlink_to(outside)
    discard(tmp_path / "spool", "D-1")
    assert outside.read_text() == "not ours"
