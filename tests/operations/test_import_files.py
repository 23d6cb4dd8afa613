"""Files of an import: what is below the folder is read, whatever it is called, and nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from painted_photos import row, save, write_table

from lfr_kit.config import Limits
from lfr_kit.errors import ImageError, SourceNotFoundError, TableError
from lfr_kit.governance.import_table import MOST_ROW_BYTES, RowFault
from lfr_kit.operations.import_files import FILE_FAULTS, folder_rows, picture_bytes, read_source, table_rows


def reason_of(folder: Path, file: str, limits: Limits | None = None) -> str:
    with pytest.raises(ImageError) as refusal:
        picture_bytes(folder, file, limits)
    assert refusal.value.reason in FILE_FAULTS
    assert str(folder.parent) not in str(refusal.value)
    return refusal.value.reason


@pytest.mark.parametrize(
    "name", ["a.png", "deep/er/b.png", "..hidden..png", "Zoë 李.png", "a b'c\"d;.png", "deep\\er\\c.png"]
)
def test_picture_below_the_folder_is_read_whatever_it_is_called(tmp_path, name):
    path = tmp_path / name.replace("\\", "/")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"content")
    assert picture_bytes(tmp_path, name) == b"content"


@pytest.mark.parametrize(
    "file",
    [
        "",
        "/",
        "..",
        "../a.png",
        "a/../../a.png",
        "/etc/passwd",
        "C:/a.png",
        "\\\\host\\a.png",
        "~root/a.png",
        "a//b",
    ],
)
def test_picture_path_out_of_the_folder_is_refused(tmp_path, file):
    assert reason_of(tmp_path, file) == "outside_folder"


def test_picture_over_a_link_is_refused_even_where_it_leads_back(tmp_path):
    save(tmp_path / "real" / "a.png")
    (tmp_path / "link").symlink_to(tmp_path / "real", target_is_directory=True)
    (tmp_path / "a.png").symlink_to(tmp_path / "real" / "a.png")
    (tmp_path / "loop.png").symlink_to("loop.png")
    for file in ("link/a.png", "a.png", "loop.png"):
        assert reason_of(tmp_path, file) == "outside_folder"


def test_picture_folder_itself_may_be_a_link(tmp_path):
    content = save(tmp_path / "real" / "a.png").read_bytes()
    (tmp_path / "link").symlink_to(tmp_path / "real", target_is_directory=True)
    assert picture_bytes(tmp_path / "link", "a.png") == content


def test_picture_absent_or_beneath_a_file_is_refused(tmp_path):
    save(tmp_path / "a.png")
    assert reason_of(tmp_path, "b.png") == "not_found"
    assert reason_of(tmp_path, "a.png/b.png") == "unreadable"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_picture_pipe_socket_and_device_are_refused_without_waiting(tmp_path):
    import socket
    import stat

    os.mkfifo(tmp_path / "pipe.png")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "s.png"))
        assert reason_of(tmp_path, "s.png") == "not_a_file"
    assert reason_of(tmp_path, "pipe.png") == "not_a_file"
    try:
        os.mknod(tmp_path / "zero.png", stat.S_IFCHR | 0o600, os.makedev(1, 5))
    except PermissionError:
        return
    assert reason_of(tmp_path, "zero.png") == "not_a_file"


def test_picture_exchanged_between_look_and_read_is_refused(tmp_path, monkeypatch):
    save(tmp_path / "a.png")
    secret = save(tmp_path / "secret.png", 5)
    opening = os.open
    monkeypatch.setattr(os, "open", lambda path, flags: opening(secret, flags))
    assert reason_of(tmp_path, "a.png") == "outside_folder"


def test_picture_file_larger_than_the_limit_is_never_read_whole(tmp_path):
    (tmp_path / "a.png").write_bytes(b"")
    os.truncate(tmp_path / "a.png", 10**12)
    assert reason_of(tmp_path, "a.png", Limits(image_file_mb=0.1)) == "too_large"


def test_folder_rows_are_sorted_people_and_faults(tmp_path):
    for name in ("b.png", "a/2.png", "a/1.png", ".hidden.png", "c/notes.txt"):
        save(tmp_path / name)
    (tmp_path / "empty").mkdir()
    (tmp_path / "turned\u202egnp.png").write_bytes(b"x")
    found = list(folder_rows(tmp_path))
    assert [one.picture.file for one in found if not isinstance(one, RowFault)] == ["a/1.png", "a/2.png", "b.png"]
    assert [one.reason for one in found if isinstance(one, RowFault)] == ["not_a_photo", "no_photo", "bad_text"]
    assert all(one.message.isascii() for one in found if isinstance(one, RowFault))


def test_read_source_counts_pictures_of_a_table_and_of_a_folder(tmp_path):
    save(tmp_path / "a.png")
    table = write_table(tmp_path / "t.csv", [row("A", "a.png"), row("A", "b.png"), row("B", "a.png")])
    source = read_source(table)
    assert (source.name, source.folder, source.n_pictures, len(source.people)) == ("t.csv", tmp_path, 3, 2)
    assert read_source(tmp_path).n_pictures == 1
    assert read_source(table, pictures=tmp_path / "x").folder == tmp_path / "x"


def test_read_source_of_nothing_or_of_a_pipe_is_refused(tmp_path):
    with pytest.raises(SourceNotFoundError, match="no such table"):
        read_source(tmp_path / "absent.csv")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.csv")
        with pytest.raises(SourceNotFoundError):
            read_source(tmp_path / "pipe.csv")


def test_table_rows_fault_of_the_columns_names_the_file(tmp_path):
    (tmp_path / "t.csv").write_text("who,what\n")
    with pytest.raises(TableError, match=r"t\.csv: line 1"):
        list(table_rows(tmp_path / "t.csv"))


def test_table_rows_endless_line_is_read_in_parts_and_passed_over(tmp_path):
    table = write_table(tmp_path / "t.csv", [row("A", "a.png"), row("B", "b.png")])
    first, second, third = table.read_bytes().splitlines(keepends=True)
    table.write_bytes(first + second + b"x" * (5 * MOST_ROW_BYTES) + b"\r\n" + third)
    found = list(table_rows(table))
    assert [getattr(one, "reason", "") for one in found] == ["", "too_long", ""]
    assert found[2].picture.line == 4
