"""A file that somebody brought."""

from __future__ import annotations

import hashlib

import pytest

from lfr_kit.errors import InputError, ModelDigestError, UnknownModelError
from lfr_kit.models import import_file, model_path


@pytest.fixture
def brought(tmp_path, content):
    path = tmp_path / "brought.bin"
    path.write_bytes(content)
    return path


def files_in(folder) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != ".lock")


def test_import_right_file_is_usable_and_the_original_stays(add_card, brought, content):
    add_card()
    imported = import_file("made_up", brought)
    assert imported.sha256 == hashlib.sha256(content).hexdigest()
    assert imported.notice == ""
    assert model_path("made_up").read_bytes() == content
    assert brought.read_bytes() == content


def test_import_wrong_file_is_refused_and_nothing_changes(add_card, brought, content, models_dir):
    add_card()
    import_file("made_up", brought)
    brought.write_bytes(content[::-1])
    with pytest.raises(ModelDigestError, match="not imported as made_up"):
        import_file("made_up", brought, replace=True)
    assert model_path("made_up").read_bytes() == content
    assert files_in(models_dir) == ["made_up.bin"]


@pytest.mark.parametrize("what", ["nothing", "."])
def test_import_no_file_names_the_one_that_is_meant(add_card, tmp_path, what):
    add_card()
    with pytest.raises(InputError, match=r"no such file; give the path of made_up\.bin"):
        import_file("made_up", tmp_path / what)


def test_import_unknown_name_lists_the_right_ones(brought):
    with pytest.raises(UnknownModelError, match="dlib_resnet"):
        import_file("no_such_model", brought)


def test_import_unpublished_digest_is_recorded_then_enforced_until_replaced(
    add_card, brought, content, models_dir
):
    add_card(sha256=None)
    assert "published no digest" in import_file("made_up", brought).notice
    brought.write_bytes(b"another file")
    with pytest.raises(ModelDigestError, match="SHA-256 of what arrived"):
        import_file("made_up", brought)
    assert model_path("made_up").read_bytes() == content
    import_file("made_up", brought, replace=True)
    assert model_path("made_up").read_bytes() == b"another file"
    assert files_in(models_dir) == ["made_up.bin", "made_up.bin.sha256"]


def test_import_replacement_that_fails_keeps_the_old_record(add_card, brought, content, models_dir):
    add_card(sha256=None)
    import_file("made_up", brought)
    record = (models_dir / "made_up.bin.sha256").read_bytes()
    brought.write_bytes(b"")
    with pytest.raises(ModelDigestError):
        import_file("made_up", brought, replace=True)
    assert (models_dir / "made_up.bin.sha256").read_bytes() == record
    assert model_path("made_up").read_bytes() == content


def test_import_says_whether_the_file_is_the_one_others_report(add_card, brought, content):
    add_card("same", sha256=None, attested_sha256=hashlib.sha256(content).hexdigest())
    add_card("other", sha256=None, attested_sha256="0" * 64)
    assert import_file("same", brought).notice == ""
    assert "not the file that others report" in import_file("other", brought).notice


def test_import_the_file_in_place_changes_nothing(add_card, brought, content):
    add_card()
    path = import_file("made_up", brought).path
    assert import_file("made_up", path).path.read_bytes() == content
