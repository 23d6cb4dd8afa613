"""Whole and verified, or not at all."""

from __future__ import annotations

import errno
import os
import subprocess

import pytest

from lfr_kit.errors import ModelDigestError, OutputError
from lfr_kit.models import model_path, writing
from lfr_kit.models.writing import store


def pieces(data: bytes, size: int = 1000):
    return (data[start : start + size] for start in range(0, len(data), size))


def files_in(folder) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_store_right_bytes_are_in_place(add_card, models_dir, content):
    told = []
    store(add_card(), pieces(content), models_dir / "made_up.bin", progress=lambda *step: told.append(step))
    assert model_path("made_up").read_bytes() == content
    assert files_in(models_dir) == ["made_up.bin"]
    assert told[0] == ("made_up", 1000, 300_000)
    assert told[-1] == ("made_up", 300_000, 300_000)


@pytest.mark.parametrize("change", ["cut", "flipped", "longer", "empty"])
def test_store_wrong_bytes_leave_what_was_there(add_card, models_dir, content, change):
    wrong = {
        "cut": content[:-1],
        "flipped": bytes([content[0] ^ 1]) + content[1:],
        "longer": content + b"x",
        "empty": b"",
    }[change]
    models_dir.mkdir()
    (models_dir / "made_up.bin").write_bytes(b"what was there")
    with pytest.raises(ModelDigestError):
        store(add_card(), pieces(wrong), models_dir / "made_up.bin")
    assert (models_dir / "made_up.bin").read_bytes() == b"what was there"
    assert files_in(models_dir) == ["made_up.bin"]


def test_store_endless_source_is_stopped_at_the_size_of_the_card(add_card, models_dir):
    taken = []

    def endless():
        while True:
            taken.append(1)
            yield bytes(100_000)

    with pytest.raises(ModelDigestError, match="more than 300000 bytes"):
        store(add_card(), endless(), models_dir / "made_up.bin")
    assert len(taken) == 4
    assert files_in(models_dir) == []


def test_store_source_that_breaks_leaves_nothing(add_card, models_dir):
    def breaks():
        yield b"some"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store(add_card(), breaks(), models_dir / "made_up.bin")
    assert files_in(models_dir) == []


def test_store_full_disk_says_so_and_leaves_nothing(add_card, tmp_path, content):
    small = tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(small)]
    try:
        done = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except OSError:
        done = False
    if not done:
        pytest.skip("needs the right to mount a small disk; the next test stands in")
    try:
        with pytest.raises(OutputError, match="no room on the disk"):
            store(add_card(), pieces(content), small / "made_up.bin")
        assert files_in(small) == []
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_store_system_says_no_room_leaves_nothing(add_card, models_dir, content, monkeypatch):
    def no_room(number):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(writing.os, "fsync", no_room)
    with pytest.raises(OutputError, match=r"no room on the disk.*LFR_MODELS_DIR"):
        store(add_card(), pieces(content), models_dir / "made_up.bin")
    assert files_in(models_dir) == []


def test_store_folder_that_cannot_be_made_says_so(add_card, tmp_path, content):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="cannot be written"):
        store(add_card(), pieces(content), tmp_path / "file" / "made_up.bin")


def test_store_file_may_be_read_by_others(add_card, models_dir, content):
    store(add_card(), pieces(content), models_dir / "made_up.bin")
    if os.name == "posix":
        assert (models_dir / "made_up.bin").stat().st_mode & 0o777 == 0o644


def test_store_attested_digest_is_held_only_where_asked_for(add_card, models_dir, content):
    which = add_card(sha256=None, attested_sha256="0" * 64)
    with pytest.raises(ModelDigestError, match="expected 0000"):
        store(which, pieces(content), models_dir / "made_up.bin", attested=True)
    store(which, pieces(content), models_dir / "made_up.bin")
    assert model_path("made_up").read_bytes() == content
