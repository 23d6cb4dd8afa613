"""Imports of files and tables that mean harm: nothing outside is read, nothing hangs, nobody else is stopped."""

from __future__ import annotations

import os
import zlib
from pathlib import Path

import pytest
from imported_lists import everything, on_list
from painted_photos import row, save, write_table
from PIL import Image

from lfr_kit.store.repository import watchlists as rows


def hostile(folder: Path) -> dict[str, str]:
    """Cells of the picture column that must not be followed, and the reason each is refused for."""
    outside = save(folder.parent / "outside" / "secret.png")
    (folder / "link.png").symlink_to(outside)
    (folder / "linked").symlink_to(outside.parent, target_is_directory=True)
    os.mkfifo(folder / "pipe.png")
    (folder / "folder.png").mkdir()
    return {
        "../outside/secret.png": "outside_folder",
        str(outside): "outside_folder",
        "..\\outside\\secret.png": "outside_folder",
        "./a/../../outside/secret.png": "outside_folder",
        "~/secret.png": "outside_folder",
        "link.png": "outside_folder",
        "linked/secret.png": "outside_folder",
        "pipe.png": "not_a_file",
        "folder.png": "not_a_file",
        "/dev/zero": "outside_folder",
        "file:///etc/passwd": "outside_folder",
        "a" * 300 + ".png": "unreadable",
        "nul\0.png": "unreadable",
    }


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_import_paths_out_of_the_folder_are_refused_and_pipes_do_not_hang(store, building, bring, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    expected = hostile(folder)
    save(folder / "good.png", 9)
    cells = [*expected, "good.png"]
    report = bring(write_table(folder / "t.csv", [row(f"P{n}", cell) for n, cell in enumerate(cells)]))
    assert {one.file: one.reason for one in report.failed} == expected
    assert list(on_list(store, building)) == [f"P{len(expected)}"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_import_folder_with_links_and_pipes_imports_plain_photos_only(store, building, bring, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    hostile(folder)
    save(folder / "good.png", 9)
    report = bring(folder)
    assert list(on_list(store, building)) == ["good"]
    assert {one.file: one.reason for one in report.failed} == {
        "link.png": "outside_folder",
        "pipe.png": "not_a_file",
    }
    assert {one.reason for one in report.faults} == {"not_a_photo", "no_photo"}


def test_import_bombs_and_lying_headers_are_refused(store, building, bring, tmp_path):
    Image.new("1", (12_000, 9_000)).save(tmp_path / "hundred_megapixels.png")
    lying = bytearray(save(tmp_path / "ok.png").read_bytes())
    lying[16:24] = (65_000).to_bytes(4, "big") * 2
    lying[29:33] = zlib.crc32(lying[12:29]).to_bytes(4, "big")
    (tmp_path / "lying.png").write_bytes(lying)
    (tmp_path / "cut.png").write_bytes((tmp_path / "ok.png").read_bytes()[:400])
    (tmp_path / "speck.png").write_bytes(save(tmp_path / "s.png").read_bytes())
    Image.new("RGB", (4, 4)).save(tmp_path / "speck.png")
    files = ("hundred_megapixels.png", "lying.png", "cut.png", "speck.png")
    report = bring(write_table(tmp_path / "t.csv", [row(name, name) for name in files]))
    assert {one.file: one.reason for one in report.failed} == dict(
        zip(files, ("too_large", "too_large", "truncated", "too_small"), strict=True)
    )
    assert everything(store, building) == [[], []]


@pytest.mark.parametrize(
    "text",
    [
        "x'); DROP TABLE entries; --",
        '" OR 1=1 --',
        "=HYPERLINK(A1)",
        "@SUM(1)",
        "{{7*7}}",
        "[bold]x[/bold]",
        "%s%n",
    ],
)
def test_import_text_that_is_code_elsewhere_is_plain_text(store, building, bring, tmp_path, text):
    save(tmp_path / "a.png")
    texts = dict.fromkeys(("name", "legal_basis", "image_source", "rationale", "note"), text)
    report = bring(write_table(tmp_path / "t.csv", [row(text, "a.png", **texts)]))
    assert report.n_people == {"accepted": 1}
    with store.reading() as connection:
        (entry,) = rows.entries_of(connection, building)
        details = rows.details_of(connection, store.vault.key(connection, rows.scope(building)), entry.entry_id)
    assert {getattr(details, name) for name in ("person_ref", *texts)} == {text}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("nul\0", "bad_text"),
        ("turned\u202egnp", "bad_text"),
        ("no\u200bwidth", "bad_text"),
        ("x" * 10_000_000, "too_long"),
        ("x" * 60_000, "bad_text"),
    ],
)
def test_import_names_that_mislead_or_never_end_are_refused(store, building, bring, tmp_path, text, reason):
    save(tmp_path / "a.png")
    table = write_table(tmp_path / "t.csv", [row("A", "a.png", name=text), row("B", "a.png")])
    report = bring(table)
    assert [(one.line, one.reason) for one in report.faults] == [(2, reason)]
    assert list(on_list(store, building)) == ["B"]
    assert len(report.faults[0].message) < 300


def test_import_no_name_nor_reference_stands_in_the_clear(store, building, bring, tmp_path):
    if store.engine.dialect.name != "sqlite":
        pytest.skip("reads the database's file")
    save(tmp_path / "a.png")
    bring(write_table(tmp_path / "t.csv", [row("REFREFREF", "a.png", name="Zebedee Quux")]))
    store.close()
    files = [one for one in Path(store.engine.url.database).parent.iterdir() if one.is_file()]
    content = b"".join(one.read_bytes() for one in files)
    assert b"entries" in content
    assert b"Quux" not in content
    assert b"REFREFREF" not in content
    assert b"\xff\xd8\xff\xe0" not in content
