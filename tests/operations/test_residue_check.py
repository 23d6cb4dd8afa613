"""Known bytes of pictures and templates: found before deletion, not after, and found again where a copy stayed."""

from __future__ import annotations

import base64
import io
import json
import os
from pathlib import Path

import numpy as np
import pytest
from governed import person
from PIL import Image
from retained import GOLD, SILVER, WHY, add_user, hold_request, lived
from sqlalchemy import select

from lfr_kit.config import settings
from lfr_kit.errors import PermissionRefusedError
from lfr_kit.governance.roles import Role
from lfr_kit.operations import holds, keys, residue_check, retention
from lfr_kit.operations.residue_check import image_outputs, working_files
from lfr_kit.store import erase
from lfr_kit.store.residue import ResidueSearch
from lfr_kit.store.tables.alerts import alert_shots, alerts
from lfr_kit.store.tables.watchlists import pictures


@pytest.fixture(autouse=True)
def own_places(tmp_path, monkeypatch):
    """A working folder, a temporary folder and a spool of the test's own."""
    for name in ("work", "temporary", "spool"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("LFR_STORE__SPOOL_DIR", str(tmp_path / "spool"))
    monkeypatch.setattr(residue_check, "gettempdir", lambda: str(tmp_path / "temporary"))
    monkeypatch.chdir(tmp_path / "work")
    settings.cache_clear()
    yield
    settings.cache_clear()


def places(store) -> list[Path]:
    """Every file of the database, its logs included."""
    found = erase.database_places(store.engine)
    return [*found.files, *found.log_files]


def anywhere(store, needle: bytes) -> list[Path]:
    """Referee: reads whole files and looks with ``in``."""
    found = []
    for path in places(store):
        try:
            if needle in path.read_bytes():
                found.append(path)
        except FileNotFoundError:
            continue
    return found


def sealed_pieces(store) -> list[bytes]:
    """The beginnings of every picture and template as they lie in the database."""
    with store.reading() as connection:
        columns = (
            alerts.c.sealed_probe,
            alerts.c.sealed_reference,
            alert_shots.c.sealed_picture,
            pictures.c.sealed_picture,
        )
        return [bytes(each)[:24] for column in columns for each in connection.execute(select(column)).scalars()]


def verify(store, *also: Path):
    return residue_check.verify(store, SILVER, reason=WHY, also=also)


def purge(store, clock):
    clock.advance(hours=24)
    assert retention.run(store, SILVER, reason=WHY).is_good


def test_deleted_bytes_are_in_the_database_before_and_not_after(store, clock):
    lived(store, clock)
    pieces = sealed_pieces(store)
    assert len(pieces) == 9
    assert all(anywhere(store, piece) for piece in pieces)
    purge(store, clock)
    left = {path.parent.name for piece in pieces for path in anywhere(store, piece)}
    assert left <= {"pg_wal"}, "a server's log keeps ciphertext, whose key is destroyed"
    assert not verify(store).findings


@pytest.mark.parametrize("store_settings", ["sqlite"], indirect=True)
def test_deleted_bytes_are_gone_from_sqlite_whole(store, clock):
    lived(store, clock)
    pieces = sealed_pieces(store)
    purge(store, clock)
    report = verify(store)
    assert not any(anywhere(store, piece) for piece in pieces)
    assert (report.is_clean, report.remains, report.outcome) == (True, [], "nothing found")
    assert report.n_marks > 20


@pytest.mark.parametrize("store_settings", ["postgresql"], indirect=True)
def test_wrapped_keys_in_a_servers_log_are_said_and_useless_after_rotation(store, store_settings, clock):
    lived(store, clock)
    clock.advance(hours=24)
    admin = person(Role.ADMINISTRATOR)
    retention.run(store, admin, reason=WHY)
    report = verify(store)
    assert report.wrapped_in_log
    assert not report.is_clean
    assert "rotate the master key" in report.outcome
    keys.rotate(store, admin, WHY, store_settings)
    after = verify(store)
    assert (after.is_clean, after.wrapped_in_log) == (True, False)
    assert after.outcome == "only ciphertext remains, its keys destroyed"


def test_run_with_rotation_leaves_no_useful_key_in_a_servers_log(store, store_settings, clock):
    lived(store, clock)
    clock.advance(hours=24)
    admin = person(Role.ADMINISTRATOR)
    rotated = []
    done = retention.run(
        store, admin, reason=WHY, rotate=lambda: rotated.append(keys.rotate(store, admin, WHY, store_settings))
    )
    assert len(rotated) == 1
    assert "rotate the master key" not in done.deleted[0].outcome
    assert verify(store).is_clean


@pytest.mark.parametrize("store_settings", ["postgresql"], indirect=True)
def test_database_out_of_reach_is_searched_by_rows(store, clock, monkeypatch):
    made = lived(store, clock)
    monkeypatch.setattr(erase, "_local_folder", lambda _: None)
    with store.reading() as connection:
        sealed = bytes(connection.execute(select(alerts.c.sealed_probe)).scalars().first())
    search = ResidueSearch([residue_check.Mark(residue_check.MarkKind.CIPHERTEXT, "", sealed[:16])])
    found = {name for name, pieces in erase.rows_as_bytes(store.engine) if search.in_chunks(pieces)}
    assert found == {"alerts"}
    purge(store, clock)
    report = verify(store)
    assert report.is_clean
    assert "by SQL" in report.places[0]
    assert made.state() == "purged"


def planted(made) -> tuple[bytes, bytes]:
    """A reference picture and a template of the list, in the clear."""
    return made.opened.reference_jpeg(1), np.eye(8, dtype=np.float32)[1].tobytes()


@pytest.mark.parametrize(
    "place", ["temporary/copy.jpg", "spool/left.bin", "work/run/face.jpg", "elsewhere/a/b.bin"]
)
def test_stray_copy_of_a_picture_is_found_and_named(store, clock, tmp_path, place):
    made = lived(store, clock)
    jpeg, _ = planted(made)
    path = tmp_path / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"something before it" + jpeg)
    (tmp_path / "work" / "run").mkdir(exist_ok=True)
    (tmp_path / "work" / "run" / "alerts.jsonl").write_text("{}\n")
    purge_anyway(store, clock)
    report = verify(store, tmp_path / "elsewhere")
    assert [(each.place, each.what) for each in report.findings] == [(str(path), "picture")]
    assert not report.is_clean
    path.unlink()
    assert verify(store).findings == []


def purge_anyway(store, clock):
    clock.advance(hours=24)
    retention.run(store, SILVER, reason=WHY)


def test_probe_of_an_alert_and_its_reference_are_found_too(store, clock, tmp_path):
    made = lived(store, clock)
    faces = made.faces(made.alert_ids[0])
    purge(store, clock)
    for name, content in (("probe", faces.probe_jpeg), ("reference", faces.reference_jpeg)):
        (tmp_path / "temporary" / name).write_bytes(content)
    assert {Path(each.place).name for each in verify(store).findings} == {"probe", "reference"}


def test_template_in_a_saved_array_is_found(store, clock, tmp_path):
    from lfr_kit.store.repository import reference_pictures

    vector = np.random.default_rng(3).normal(size=512).astype("<f4")
    made = lived(store, clock, n_alerts=0)
    with store.engine.begin() as connection:
        key = store.vault.key(connection, f"watchlist:{made.watchlist_id}")
        record = reference_pictures.ReferencePicture(
            picture_id="P-new",
            entry_id=made.opened.entry_ids[0],
            picture_mac="f" * 64,
            captured_on=None,
            quality=80.0,
        )
        new = reference_pictures.NewPicture(record, made.opened.reference_jpeg(8), vector)
        reference_pictures.insert_pictures(connection, key, made.watchlist_id, [new])
    np.save(tmp_path / "temporary" / "gallery.npy", np.stack([vector, vector]))
    purge_anyway(store, clock)
    (found,) = verify(store).findings
    assert (Path(found.place).name, found.what) == ("gallery.npy", "template")


def notebook(path: Path, kind: str, jpeg: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    body = base64.b64encode(jpeg).decode()
    cells = [
        {"cell_type": "markdown", "source": "a look"},
        {"cell_type": "code", "outputs": [{"output_type": "display_data", "data": {kind: body}}]},
    ]
    path.write_text(json.dumps({"cells": cells, "nbformat": 4}))


@pytest.mark.parametrize("name", ["look.ipynb", ".ipynb_checkpoints/look-checkpoint.ipynb", "sub/deep/look.ipynb"])
def test_picture_in_a_notebook_of_the_working_folder_is_found_and_named(store, clock, tmp_path, name):
    made = lived(store, clock)
    jpeg, _ = planted(made)
    purge(store, clock)
    assert verify(store).findings == []
    path = tmp_path / "work" / name
    notebook(path, "image/jpeg", jpeg)
    (found,) = verify(store).findings
    assert (found.place, found.what, found.detail) == (str(path), "picture", "written in base64")


def test_search_of_only_these_leaves_out_temporary_files_and_the_working_folder(store, clock, tmp_path):
    made = lived(store, clock)
    jpeg, _ = planted(made)
    purge(store, clock)
    for folder in ("work", "temporary", "named"):
        notebook(tmp_path / folder / "a.ipynb", "image/jpeg", jpeg)
    also = [tmp_path / "named"]
    only = residue_check.verify(store, SILVER, reason="to prove it", also=also, only_these=True)
    every = residue_check.verify(store, SILVER, reason="to prove it", also=also)
    named = str(tmp_path / "named" / "a.ipynb")
    assert {found.place for found in only.findings} == {named}
    assert {found.place for found in every.findings} > {named}


def test_image_outputs_of_notebooks_below_a_given_folder_are_findings(store, tmp_path):
    other = io.BytesIO()
    Image.new("RGB", (40, 40), (200, 10, 10)).save(other, "PNG")
    notebook(tmp_path / "notes" / "a.ipynb", "image/png", other.getvalue())
    (found,) = verify(store, tmp_path / "notes").findings
    assert (found.what, found.n_marks) == ("image_output", 1)
    assert "cell 2" in found.detail
    assert verify(store).findings == []


@pytest.mark.parametrize(
    ("cell", "n"),
    [
        ({"outputs": [{"data": {"image/svg+xml": "<svg/>"}}]}, 1),
        ({"outputs": [{"data": {"text/html": ["<img src='data:image", "/png;base64,AA'>"]}}]}, 1),
        ({"outputs": [{"data": {"text/html": "<table>"}}, {"name": "stdout", "text": "42"}]}, 0),
        ({"outputs": [{"name": "stdout", "text": ["<img src='data:image", "/png;base64,AA'>"]}]}, 1),
        ({"attachments": {"a.png": {"image/png": "AA"}}}, 1),
        ({"source": "plain"}, 0),
    ],
)
def test_image_output_is_told_from_others(tmp_path, cell, n):
    path = tmp_path / "a.ipynb"
    path.write_text(json.dumps({"cells": [cell]}))
    assert sum(each.n_marks for each in image_outputs([path])) == n


@pytest.mark.parametrize(("kind", "n"), [("JPEG", 1), ("PNG", 1), ("WEBP", 1), (None, 0)])
def test_image_kept_by_a_saved_widget_is_a_finding(tmp_path, kind, n):
    content = io.BytesIO(b"no image")
    if kind:
        Image.new("RGB", (40, 40), (200, 10, 10)).save(content, kind)
    buffer = {"data": base64.b64encode(content.getvalue()).decode(), "encoding": "base64", "path": ["value"]}
    saved = {"application/vnd.jupyter.widget-state+json": {"state": {"ab": {"buffers": [buffer]}, "cd": {}}}}
    path = tmp_path / "a.ipynb"
    path.write_text(json.dumps({"cells": [], "metadata": {"widgets": saved}}))
    found = image_outputs([path])
    assert sum(each.n_marks for each in found) == n
    assert all("saved widgets" in each.detail for each in found)


@pytest.mark.parametrize("text", ["", "[]", '{"cells": 3}', '{"cells": [3]}', "[" * 100_000])
def test_file_that_is_no_notebook_is_no_image_output(tmp_path, text):
    path = tmp_path / "a.ipynb"
    path.write_text(text)
    assert image_outputs([path]) == []


def test_search_without_marks_does_not_say_that_nothing_was_found(store, clock):
    assert verify(store).outcome == "there was nothing to look for"
    lived(store, clock)
    purge(store, clock)
    assert verify(store).outcome != "there was nothing to look for"


def test_held_alert_is_not_taken_for_residue(store, clock):
    made = lived(store, clock)
    add_user(store, "silver-2", Role.SILVER)
    holds.place_hold(store, GOLD, made.alert_ids[0], hold_request(clock))
    purge(store, clock)
    assert verify(store).findings == []
    assert made.alerts_left() == [made.alert_ids[0]]


@pytest.mark.parametrize("store_settings", ["sqlite"], indirect=True)
def test_copy_of_the_database_made_before_is_found_as_long_as_its_keys_live(store, clock, tmp_path):
    lived(store, clock)
    with store.engine.raw_connection().driver_connection as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    (tmp_path / "backup").mkdir()
    (tmp_path / "backup" / "lfr.sqlite").write_bytes(Path(store.engine.url.database).read_bytes())
    purge(store, clock)
    found = verify(store, tmp_path / "backup")
    assert [each.what for each in found.findings] == ["wrapped_key"], "its data keys open with today's master key"
    assert {each.what for each in found.remains} == {"ciphertext"}


def test_verify_follows_no_links_and_says_what_it_could_not_read(store, clock, tmp_path):
    made = lived(store, clock)
    jpeg, _ = planted(made)
    purge(store, clock)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "face.jpg").write_bytes(jpeg)
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / "link.jpg").symlink_to(outside / "face.jpg")
    (tmp_path / "given" / "folder").symlink_to(outside)
    os.mkfifo(tmp_path / "given" / "pipe")
    assert verify(store, tmp_path / "given").findings == []


def test_verify_names_files_that_cannot_be_read(store, tmp_path, monkeypatch):
    (tmp_path / "closed").write_bytes(b"x")
    real = ResidueSearch.in_file

    def refuse(self, path, **named):
        if path.name == "closed":
            raise PermissionError(13, "Permission denied")
        return real(self, path, **named)

    monkeypatch.setattr(ResidueSearch, "in_file", refuse)
    report = verify(store, tmp_path / "closed")
    assert report.unread == [f"{tmp_path / 'closed'}: Permission denied"]
    assert not report.is_clean


def test_verify_by_others_is_refused(store):
    for role in (Role.LFR_OPERATOR, Role.ANALYST, Role.AUDITOR):
        with pytest.raises(PermissionRefusedError):
            residue_check.verify(store, person(role), reason=WHY)


def test_working_files_are_outputs_and_notebooks_only(tmp_path):
    for name in (
        "run/alerts.jsonl", "run/crop.jpg", "photos/me.jpg", "a.ipynb", ".git/alerts.csv", "venv/pyvenv.cfg",
        "venv/lib/b.ipynb",
    ):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    found = {str(path.relative_to(tmp_path)) for path in working_files(tmp_path)}
    assert found == {"run/alerts.jsonl", "run/crop.jpg", "a.ipynb"}
