"""Hashing, and the notes that spare it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lfr_kit.errors import ModelDigestError
from lfr_kit.models import digest

ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
"""SHA-256 of "abc": FIPS 180-2, appendix B.1."""


@pytest.fixture
def hashed(monkeypatch) -> list[Path]:
    """Every path that is really hashed."""
    calls, real = [], digest.sha256_of
    monkeypatch.setattr(digest, "sha256_of", lambda path: calls.append(path) or real(path))
    monkeypatch.setattr(digest, "_WORTH_NOTING_BYTES", 1)
    return calls


@pytest.fixture
def abc(tmp_path) -> Path:
    path = tmp_path / "abc.bin"
    path.write_bytes(b"abc")
    return path


def test_sha256_of_abc_agrees_with_the_standard(abc):
    assert digest.sha256_of(abc) == ABC


def test_digest_of_unchanged_file_hashes_once_also_in_another_process(abc, hashed, monkeypatch):
    assert digest.digest_of(abc) == digest.digest_of(abc) == ABC
    monkeypatch.setattr(digest, "_stamps", {})
    assert digest.digest_of(abc) == ABC
    assert len(hashed) == 1


def test_digest_of_changed_content_same_size_and_date_hashes_again(abc, hashed):
    before = abc.stat()
    digest.digest_of(abc)
    abc.write_bytes(b"abd")
    os.utime(abc, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert digest.digest_of(abc) != ABC
    assert len(hashed) == 2


def test_digest_of_anew_hashes_in_any_case(abc, hashed):
    digest.digest_of(abc)
    digest.digest_of(abc, anew=True)
    assert len(hashed) == 2


@pytest.mark.parametrize("text", ["", "[]", "{}", "not json", '{"sha256": 5}', '{"sha256": "00"}'])
def test_digest_of_damaged_stamp_hashes_again(abc, hashed, text):
    abc.with_name("abc.bin.verified.json").write_text(text)
    assert digest.digest_of(abc) == ABC
    assert len(hashed) == 1


def test_digest_of_small_file_leaves_no_note(abc):
    digest.digest_of(abc)
    assert list(abc.parent.iterdir()) == [abc]


def test_digest_of_unwritable_folder_is_kept_for_the_process(abc, hashed, monkeypatch):
    def refuse(path, text):
        raise PermissionError

    monkeypatch.setattr(digest, "write_note", refuse)
    assert digest.digest_of(abc) == digest.digest_of(abc) == ABC
    assert len(hashed) == 1


def test_record_has_the_form_of_sha256sum(abc):
    digest.write_record(abc, ABC)
    assert digest.record_path(abc).read_text() == f"{ABC}  abc.bin\n"
    assert digest.read_record(abc) == ABC


def test_read_record_absent_gives_none(abc):
    assert digest.read_record(abc) is None


def test_read_record_damaged_raises(abc):
    digest.record_path(abc).write_text("gibberish")
    with pytest.raises(ModelDigestError, match="holds no SHA-256"):
        digest.read_record(abc)
