"""Imports: what gets onto a list, what stays off it and why, again, interrupted, and with hostile files."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest
from frozen_lists import MANAGER, REVIEWER, STATEMENT, WHY, new_list, planned
from governed import person
from imported_lists import everything, on_list
from painted_photos import SPACE, painted_enroller, row, save, write_table
from sqlalchemy import event

from lfr_kit.detection.scripted import ScriptedDetector
from lfr_kit.errors import (
    JustificationError,
    NotInStoreError,
    PermissionRefusedError,
    SpaceMismatchError,
    StateError,
    StoreFullError,
)
from lfr_kit.governance import alike
from lfr_kit.governance.roles import Role
from lfr_kit.governance.vocabulary import EntryStatus
from lfr_kit.operations.import_files import read_source
from lfr_kit.operations.import_report import report_lines
from lfr_kit.operations.watchlist_freezing import freeze
from lfr_kit.operations.watchlist_import import ImportOrder, import_people
from lfr_kit.operations.watchlist_review import refuse, review, withdraw
from lfr_kit.store.repository import audit_reading
from lfr_kit.store.repository import reference_pictures as picture_rows
from lfr_kit.store.repository import watchlists as rows

QUARANTINED, PENDING = EntryStatus.QUARANTINED, EntryStatus.PENDING_REVIEW


def two_people(folder: Path) -> Path:
    save(folder / "a.png", 1)
    save(folder / "b1.png", 2)
    save(folder / "b2.png", 3)
    return write_table(folder / "people.csv", [row("A", "a.png"), row("B", "b1.png"), row("B", "b2.png")])


def test_import_complete_rows_wait_for_review(store, building, bring, tmp_path):
    report = bring(two_people(tmp_path))
    assert report.n_people == {"accepted": 2}
    assert report.n_pictures == {"enrolled": 3}
    assert on_list(store, building) == {"A": (PENDING, (), 1), "B": (PENDING, (), 2)}


def test_import_says_whose_age_is_unknown(bring, tmp_path):
    save(tmp_path / "a.png", 1)
    save(tmp_path / "b.png", 2)
    rows_given = [row("A", "a.png", date_of_birth=""), row("B", "b.png", date_of_birth="1990-02-03")]
    report = bring(write_table(tmp_path / "t.csv", rows_given))
    assert [(one.person_ref, one.outcome, one.reasons) for one in report.noted] == [
        ("A", "accepted", ("age_unknown",))
    ]
    (line,) = [each for each in report_lines(report) if each[4] == "age_unknown"]
    assert (line[1], "second person must approve" in line[5]) == ("accepted, to note", True)
    assert report.reason_counts()["age_unknown"] == 1


def test_import_warns_of_two_people_under_one_reference_and_takes_them(
    store, building, bring, tmp_path, monkeypatch
):
    table = two_people(tmp_path)
    assert bring(table).noted == []
    monkeypatch.setitem(alike._CLEARLY_DIFFERENT, SPACE, 1.0)
    report = bring(table)
    (line,) = [each for each in report_lines(report) if each[4] == "pictures_differ"]
    assert (line[2], "look at all of them" in line[5]) == ("B", True)
    assert on_list(store, building)["B"] == (PENDING, (), 2)


def test_import_keeps_what_the_row_says(store, building, bring, tmp_path):
    save(tmp_path / "a.png")
    cells = {"date_of_birth": "1990-02-03", "expires_at": "2026-05-05", "note": "two\nlines", "response": "RED"}
    bring(write_table(tmp_path / "t.csv", [row("A", "a.png", **cells)]))
    with store.reading() as connection:
        (entry,) = rows.entries_of(connection, building)
        details = rows.details_of(connection, store.vault.key(connection, rows.scope(building)), entry.entry_id)
        (held,) = picture_rows.pictures_of(connection, [entry.entry_id])[entry.entry_id]
        _, jpeg = picture_rows.best_picture(
            connection, store.vault.key(connection, rows.scope(building)), entry.entry_id
        )
    assert (entry.category, entry.response, entry.expires_at.isoformat()) == (
        "suspect",
        "red",
        "2026-05-06T00:00:00+00:00",
    )
    assert (details.name, details.date_of_birth, details.note) == ("Ada Example", date(1990, 2, 3), "two\nlines")
    assert held.captured_on == date(2025, 6, 1)
    assert held.measures["SingleFacePresent"] == 100
    assert jpeg.startswith(b"\xff\xd8\xff")


def test_import_folder_quarantines_for_want_of_grounds(store, building, bring, tmp_path):
    save(tmp_path / "in" / "anna.png", 1)
    save(tmp_path / "in" / "bert" / "1.png", 2)
    save(tmp_path / "in" / "bert" / "2.png", 3)
    (tmp_path / "in" / "notes.txt").write_text("no photo")
    report = bring(tmp_path / "in")
    assert report.n_people == {"quarantined": 2}
    assert on_list(store, building)["bert"][2] == 2
    assert set(report.people[0].reasons) == {"legal_basis", "image_source", "category", "response", "captured_on"}
    assert [(one.reason, "notes.txt" in one.message) for one in report.faults] == [("not_a_photo", True)]


def test_import_folder_with_grounds_for_all_waits_for_review(store, building, bring, tmp_path):
    save(tmp_path / "in" / "anna.png")
    grounds = {name: value for name, value in row("", "").items() if name not in ("person_ref", "picture", "name")}
    bring(tmp_path / "in", defaults=grounds)
    assert on_list(store, building) == {"anna": (PENDING, (), 1)}


def test_import_twice_writes_nothing_and_says_so(store, building, bring, tmp_path):
    table = two_people(tmp_path)
    bring(table)
    before = everything(store, building)
    report = bring(table)
    assert everything(store, building) == before
    assert report.n_people == {"unchanged": 2}
    assert report.n_pictures == {"unchanged": 3}
    assert report.is_unchanged


def test_import_twice_never_looks_at_a_picture_again(bring, tmp_path):
    class Untouchable:
        def detect(self, frames):
            raise AssertionError("a known picture was decoded")

    table = two_people(tmp_path)
    bring(table)
    bring(table, enroller=painted_enroller(detector=Untouchable()))


def test_import_reference_typed_otherwise_is_the_same_person(store, building, bring, tmp_path):
    save(tmp_path / "a.png")
    bring(write_table(tmp_path / "t.csv", [row("pnc 12/a", "a.png")]))
    report = bring(write_table(tmp_path / "t.csv", [row("PNC12/A", "a.png")]))
    assert report.n_people == {"unchanged": 1}


def test_import_again_with_the_missing_cells_lifts_quarantine(store, building, bring, tmp_path):
    save(tmp_path / "a.png")
    bring(write_table(tmp_path / "t.csv", [row("A", "a.png", captured_on="", legal_basis="")]))
    assert on_list(store, building)["A"][:2] == (QUARANTINED, ("legal_basis", "captured_on"))
    bring(write_table(tmp_path / "t.csv", [row("A", "a.png")]))
    assert on_list(store, building) == {"A": (PENDING, (), 1)}


def test_import_empty_cells_take_nothing_away(store, building, bring, tmp_path):
    table = two_people(tmp_path)
    bring(table)
    before = everything(store, building)
    bring(write_table(tmp_path / "t.csv", [{"person_ref": "A", "picture": "a.png"}]))
    assert everything(store, building) == before


def test_import_broken_rows_stop_nobody_else(store, building, bring, tmp_path):
    save(tmp_path / "a.png", 1)
    (tmp_path / "broken.png").write_bytes(b"no picture")
    table = write_table(
        tmp_path / "t.csv",
        [
            row("A", "a.png"),
            row("", "a.png"),
            row("C", "broken.png"),
            row("D", "absent.png"),
            row("E", "a.png", category="suspekt"),
            row("F", "a.png"),
        ],
    )
    report = bring(table)
    assert {line for line in on_list(store, building)} == {"A", "F"}
    assert [(one.line, one.reason) for one in report.faults] == [(3, "no_person_ref"), (6, "not_in_list")]
    assert "did you mean suspect?" in report.faults[1].message
    assert [(one.line, one.reason, one.person_ref) for one in report.failed] == [
        (5, "not_found", "D"),
        (4, "unreadable", "C"),
    ]
    assert [(one.person_ref, one.outcome) for one in report.people] == [("C", "failed"), ("D", "failed")]
    assert report.reason_counts() == {
        "no_person_ref": 1,
        "not_in_list": 1,
        "not_found": 1,
        "unreadable": 1,
        "template": 2,
    }


def test_import_nobody_is_kept_of_whom_no_picture_will_do(store, building, bring, tmp_path):
    save(tmp_path / "five.png", n_faces=5)
    save(tmp_path / "none.png", n_faces=0)
    (tmp_path / "empty.png").write_bytes(b"")
    report = bring(
        write_table(tmp_path / "t.csv", [row(name, f"{name}.png") for name in ("five", "none", "empty")])
    )
    assert {one.file: one.reason for one in report.failed} == {
        "five.png": "several_faces",
        "none.png": "no_face",
        "empty.png": "empty",
    }
    assert everything(store, building) == [[], []]


def test_import_one_picture_of_two_people_is_taken_and_reported_alike(store, building, bring, tmp_path):
    save(tmp_path / "a.png")
    report = bring(write_table(tmp_path / "t.csv", [row("A", "a.png"), row("B", "a.png", name="Bert")]))
    assert report.n_people == {"accepted": 2}
    assert [str(pair.kind) for pair in report.alike] == ["same_picture"]


def test_import_old_picture_is_warned_of(bring, tmp_path):
    save(tmp_path / "a.png")
    report = bring(write_table(tmp_path / "t.csv", [row("A", "a.png", captured_on="2010-01-01")]))
    assert "old_picture" in report.warned[0].reason


# --- what was decided stays decided


def reviewed(store, building, ref="A"):
    with store.reading() as connection:
        (entry,) = [one for one in rows.entries_of(connection, building)]
    return entry


def test_import_replayed_after_a_withdrawal_brings_nobody_back(store, building, bring, tmp_path):
    save(tmp_path / "a.png")
    table = write_table(tmp_path / "t.csv", [row("A", "a.png")])
    bring(table)
    entry = reviewed(store, building)
    withdraw(store, MANAGER, building, [entry.entry_id], "found and arrested")
    before = everything(store, building)
    report = bring(table)
    assert [(one.person_ref, one.outcome) for one in report.people] == [("A", "withdrawn")]
    assert report.n_pictures == {"kept_out": 1}
    assert everything(store, building) == before


def test_import_replayed_after_a_refusal_brings_nobody_back(store, building, bring, tmp_path):
    save(tmp_path / "a.png")
    table = write_table(tmp_path / "t.csv", [row("A", "a.png")])
    bring(table)
    entry = reviewed(store, building)
    refuse(store, REVIEWER, building, {entry.entry_id: entry.version}, reason="not proportionate")
    report = bring(table)
    assert report.n_people == {"refused": 1}
    assert on_list(store, building)["A"][0] is EntryStatus.REFUSED


def test_import_new_picture_of_a_reviewed_person_asks_for_review_again(store, building, bring, tmp_path):
    save(tmp_path / "a.png", 1)
    save(tmp_path / "b.png", 2)
    bring(write_table(tmp_path / "t.csv", [row("A", "a.png")]))
    entry = reviewed(store, building)
    review(store, REVIEWER, building, {entry.entry_id: entry.version}, STATEMENT)
    assert on_list(store, building)["A"][0] is EntryStatus.APPROVED
    bring(write_table(tmp_path / "t.csv", [row("A", "a.png"), row("A", "b.png")]))
    assert on_list(store, building)["A"] == (PENDING, (), 2)


def test_import_into_a_frozen_list_is_refused(store, building, bring, tmp_path):
    table = two_people(tmp_path)
    bring(table)
    with store.reading() as connection:
        seen = {one.entry_id: one.version for one in rows.entries_of(connection, building)}
    review(store, REVIEWER, building, seen, STATEMENT)
    freeze(store, MANAGER, building, justification=WHY)
    before = everything(store, building)
    with pytest.raises(StateError, match="frozen"):
        bring(table)
    assert everything(store, building) == before


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.WATCHLIST_MANAGER, Role.SYSTEM)])
def test_import_by_another_role_is_refused_before_anything_is_read(store, building, bring, tmp_path, role):
    class Untouchable:
        def detect(self, frames):
            raise AssertionError("a picture was looked at")

    with pytest.raises(PermissionRefusedError):
        bring(two_people(tmp_path), who=person(role), enroller=painted_enroller(detector=Untouchable()))
    assert everything(store, building) == [[], []]


def test_import_without_a_reason_is_refused(bring, tmp_path):
    with pytest.raises(JustificationError):
        bring(two_people(tmp_path), why=" ")


def test_import_onto_no_list_or_one_of_another_space_is_refused(store, building, tmp_path):
    source = read_source(two_people(tmp_path))
    with pytest.raises(NotInStoreError):
        import_people(store, MANAGER, ImportOrder("W-none", source, painted_enroller(), WHY))
    other = new_list(store, planned(store, "D-2", space_id="dlib_resnet:0")).watchlist_id
    with pytest.raises(SpaceMismatchError, match="choose the list's embedder"):
        import_people(store, MANAGER, ImportOrder(other, source, painted_enroller(), WHY))


def test_import_is_told_to_the_audit_log(store, building, bring, tmp_path):
    table = two_people(tmp_path)
    bring(table, at_once=1)
    bring(table)
    with store.reading() as connection:
        wanted = audit_reading.AuditQuestion(action="watchlist.import")
        told = audit_reading.entries(connection, store.vault.key(connection, "audit"), wanted)
    assert [one.details["step"] for one in told] == ["begun", "batch", "batch", "finished", "begun", "finished"]
    assert told[-1].details["people"] == {"unchanged": 2}
    assert all(one.justification == WHY for one in told)


# --- interruptions


def test_import_disk_full_midway_keeps_whole_batches_and_goes_on(store, building, bring, tmp_path):
    if store.engine.dialect.name != "sqlite":
        pytest.skip("the size of a database is bounded on SQLite only")
    for number in range(40):
        save(tmp_path / f"{number}.png", number)
    table = write_table(tmp_path / "t.csv", [row(f"P{n}", f"{n}.png", name=f"N{n}") for n in range(40)])
    with store.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()

    def bounded(connection, _):
        connection.execute(f"PRAGMA max_page_count={pages + 60}").close()

    store.engine.dispose()
    event.listen(store.engine, "connect", bounded)
    with pytest.raises(StoreFullError, match="go on from there"):
        bring(table, at_once=4)
    event.remove(store.engine, "connect", bounded)
    store.engine.dispose()
    n_kept = len(on_list(store, building))
    assert 0 < n_kept < 40
    assert n_kept % 4 == 0
    assert all(entry == (PENDING, (), 1) for entry in on_list(store, building).values())
    report = bring(table, at_once=4)
    assert report.n_people == {"unchanged": n_kept, "accepted": 40 - n_kept}
    assert len(on_list(store, building)) == 40


def test_import_stopped_by_a_fault_keeps_whole_batches(store, building, bring, tmp_path):
    for number in range(64):
        save(tmp_path / "in" / f"{number:02}.png", number)

    def interrupted():
        raise KeyboardInterrupt

    source = read_source(tmp_path / "in")
    order = ImportOrder(building, source, painted_enroller(), WHY, at_once=4)
    calls = iter(range(50))
    with pytest.raises(KeyboardInterrupt):
        import_people(store, MANAGER, order, progress=lambda: next(calls, None) is not None or interrupted())
    n_kept = len(on_list(store, building))
    assert 0 < n_kept < 64
    assert import_people(store, MANAGER, order).n_people["unchanged"] == n_kept
    assert len(on_list(store, building)) == 64


def test_import_takes_nothing_back_that_was_changed_while_it_ran(store, building, bring, tmp_path):
    save(tmp_path / "a.png", 1)
    save(tmp_path / "b.png", 2)
    bring(write_table(tmp_path / "t.csv", [row("A", "a.png", note="")]))

    class Meanwhile(ScriptedDetector):
        def detect(self, frames):
            bring(write_table(tmp_path / "u.csv", [row("A", "a.png", note="is known to be armed")]))
            return super().detect(frames)

    table = write_table(tmp_path / "t.csv", [row("A", "b.png", note="")])
    bring(table, enroller=painted_enroller(detector=Meanwhile()))
    with store.reading() as connection:
        (entry,) = rows.entries_of(connection, building)
        details = rows.details_of(connection, store.vault.key(connection, rows.scope(building)), entry.entry_id)
    assert details.note == "is known to be armed"
    assert on_list(store, building)["A"] == (PENDING, (), 2)


def test_import_of_two_at_once_enters_everybody_once(store, building, bring, tmp_path):
    for number in range(12):
        save(tmp_path / "in" / f"{number:02}.png", number)
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(bring, tmp_path / "in", at_once=3) for _ in range(2)]
        reports = [one.result() for one in both]
    assert sum(report.n_people["quarantined"] for report in reports) == 12
    assert sum(report.n_people["unchanged"] for report in reports) == 12
    assert len(on_list(store, building)) == 12
    assert len(everything(store, building)[1]) == 12
