"""What algorithms ask for: the file of a card, and only the right one."""

from __future__ import annotations

import hashlib
import os

import pytest

from lfr_kit.errors import ModelDigestError, ModelMissingError, UnknownModelError
from lfr_kit.models import digest, model_digest, model_path, verify


@pytest.fixture
def placed(models_dir, content):
    """Puts a file where the card of `add_card` has it."""
    models_dir.mkdir()

    def place(data: bytes = content, name: str = "made_up"):
        path = models_dir / f"{name}.bin"
        path.write_bytes(data)
        return path

    return place


def test_model_path_right_file_is_given(add_card, placed, content):
    add_card()
    path = placed()
    assert model_path("made_up") == path
    assert model_digest("made_up") == hashlib.sha256(content).hexdigest()


def test_model_path_missing_file_names_the_line_that_fetches_it(add_card):
    add_card(without_it="the other one serves")
    with pytest.raises(ModelMissingError, match=r"lfr models fetch made_up.*the other one serves"):
        model_path("made_up")


def test_model_path_folder_in_its_place_is_no_file(add_card, models_dir):
    add_card()
    (models_dir / "made_up.bin").mkdir(parents=True)
    with pytest.raises(ModelMissingError, match="is no file"):
        model_path("made_up")


def test_model_path_one_flipped_bit_is_refused(add_card, placed, content):
    add_card()
    placed(content[:1000] + bytes([content[1000] ^ 1]) + content[1001:])
    with pytest.raises(ModelDigestError, match=r"SHA-256 is .*lfr models fetch made_up"):
        model_path("made_up")


@pytest.mark.parametrize("size", [0, 10, 299_999])
def test_model_path_cut_file_is_refused_by_its_size(add_card, placed, content, size):
    add_card()
    placed(content[:size])
    with pytest.raises(ModelDigestError, match=f"has {size} bytes, expected 300000"):
        model_path("made_up")


def test_model_path_file_damaged_after_it_was_verified_is_refused(add_card, placed, content):
    add_card()
    path = placed()
    model_path("made_up")
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(ModelDigestError):
        model_path("made_up")


def test_model_path_unpublished_digest_is_recorded_at_first_use_then_enforced(add_card, placed, content):
    add_card(sha256=None)
    path = placed()
    model_path("made_up")
    assert path.with_name("made_up.bin.sha256").read_text().startswith(hashlib.sha256(content).hexdigest())
    path.write_bytes(b"another file")
    with pytest.raises(ModelDigestError, match=r"first came here.*--replace"):
        model_path("made_up")


def test_model_path_unpublished_digest_empty_file_is_never_recorded(add_card, placed):
    add_card(sha256=None)
    path = placed(b"")
    with pytest.raises(ModelDigestError, match="has 0 bytes"):
        model_path("made_up")
    assert not path.with_name("made_up.bin.sha256").exists()


def test_model_path_unknown_name_raises():
    with pytest.raises(UnknownModelError):
        model_path("made_up")


def test_verify_tells_right_wrong_and_missing_apart(add_card, placed, content):
    for name in ("right", "wrong", "missing"):
        add_card(name)
    placed(name="right")
    placed(bytes(len(content)), name="wrong")
    assert [(each.name, each.state) for each in verify(["right", "wrong", "missing"])] == [
        ("right", "ok"),
        ("wrong", "wrong"),
        ("missing", "missing"),
    ]


def test_verify_hashes_anew_where_a_forged_stamp_would_hide_a_change(add_card, placed, content):
    data = content * 20
    add_card(size_bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
    path = placed(data)
    model_path("made_up")
    path.write_bytes(bytes(len(data)))
    digest._stamps.clear()
    status = path.stat()
    stamp = f'"size": {status.st_size}, "mtime_ns": {status.st_mtime_ns}, "ctime_ns": {status.st_ctime_ns}'
    forged = path.with_name("made_up.bin.verified.json")
    assert forged.exists(), "a file of this size is worth a note"
    forged.write_text("{" + stamp + f', "sha256": "{hashlib.sha256(data).hexdigest()}"' + "}")
    assert model_path("made_up") == path, "the stamp is believed"
    assert verify(["made_up"])[0].state == "wrong"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_model_path_unreadable_file_says_so(add_card, placed):
    add_card()
    placed().chmod(0)
    with pytest.raises(ModelMissingError, match="cannot be read"):
        model_path("made_up")
