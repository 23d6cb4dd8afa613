"""The table of an import: what is a row, what is a fault, and that one never touches another."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lfr_kit.errors import InputError, TableError
from lfr_kit.governance.import_table import (
    COLUMNS,
    FAULTS,
    MOST_ROW_BYTES,
    ImportRow,
    RowFault,
    by_person,
    read_table,
    row_of,
)
from lfr_kit.governance.vocabulary import Category, Response

HEADER = ",".join(COLUMNS).encode() + b"\r\n"


def cells(**given: str) -> dict[str, str]:
    return {"person_ref": "A", "picture": "a.jpg"} | given


def line(**given: str) -> bytes:
    """A row as the standard library's writer, which knows nothing of ours, writes it."""
    text = io.StringIO(newline="")
    csv.DictWriter(text, COLUMNS, restval="").writerow(cells(**given))
    return text.getvalue().encode()


def rows_of(*lines: bytes) -> list[ImportRow | RowFault]:
    return list(read_table(b"".join([HEADER, *lines]).splitlines(keepends=True)))


def faults_of(*lines: bytes) -> list[tuple[int, str]]:
    return [(one.line, one.reason) for one in rows_of(*lines) if isinstance(one, RowFault)]


def test_row_every_column_arrives():
    (row,) = rows_of(
        line(
            name="Ada, Countess",
            date_of_birth="1990-12-10",
            category="wanted_by_courts",
            legal_basis="PACE",
            image_source="custody",
            captured_on="2025-01-31",
            response="green",
            rationale='said "no"',
            under_18_rationale="-",
            expires_at="2026-05-04T17:00+01:00",
            note="first\nsecond",
        )
    )
    details = row.details
    assert (details.person_ref, details.name, details.rationale) == ("A", "Ada, Countess", 'said "no"')
    assert (details.date_of_birth, details.note) == (date(1990, 12, 10), "first\nsecond")
    assert (row.category, row.response) == (Category.WANTED_BY_COURTS, Response.GREEN)
    assert row.expires_at == datetime(2026, 5, 4, 16, tzinfo=UTC)
    assert (row.picture.line, row.picture.file, row.picture.captured_on) == (2, "a.jpg", date(2025, 1, 31))


def test_row_empty_cells_are_no_fault():
    (row,) = rows_of(line())
    assert (row.category, row.response, row.expires_at, row.picture.captured_on) == (None, None, None, None)


def test_row_expiry_by_day_lasts_to_its_end():
    assert row_of(cells(expires_at="2026-02-28")).expires_at == datetime(2026, 3, 1, tzinfo=UTC)


def test_row_defaults_fill_empty_cells_only():
    defaults = {"category": "suspect", "response": "red"}
    (row,) = read_table([HEADER, line(response="green")], defaults)
    assert (row.category, row.response) == (Category.SUSPECT, Response.GREEN)


@pytest.mark.parametrize("word", ["Wanted by courts", "WANTED-BY-COURTS", " wanted_by_courts "])
def test_row_words_are_known_however_they_are_written(word):
    assert row_of(cells(category=word)).category is Category.WANTED_BY_COURTS


@pytest.mark.parametrize(
    ("given", "reason", "says"),
    [
        ({"category": "suspekt"}, "not_in_list", "did you mean suspect"),
        ({"category": "other persons of interest"}, "not_in_list", "none of wanted_by_courts"),
        ({"response": "yellow"}, "not_in_list", "red, amber, green"),
        ({"date_of_birth": "10.12.1990"}, "bad_date", "date_of_birth"),
        ({"date_of_birth": "2026-02-30"}, "bad_date", "date_of_birth"),
        ({"captured_on": "20250131"}, "bad_date", "captured_on"),
        ({"expires_at": "2026-05-04T17:00"}, "bad_date", "with its zone"),
        ({"person_ref": " "}, "no_person_ref", "person_ref"),
        ({"picture": ""}, "no_picture", "picture"),
        ({"name": "x" * 201}, "bad_text", "name"),
        ({"name": "a\u202eb"}, "bad_text", "U+202E"),
        ({"rationale": "a\0b"}, "bad_text", "rationale"),
    ],
)
def test_row_at_fault_says_which_column_and_stops_nobody_else(given, reason, says):
    found = rows_of(line(), line(**given), line(person_ref="B"))
    assert [type(one) for one in found] == [ImportRow, RowFault, ImportRow]
    assert (found[1].line, found[1].reason) == (3, reason)
    assert says in found[1].message
    assert reason in FAULTS


def test_row_of_alone_raises_with_the_reason():
    with pytest.raises(InputError) as fault:
        row_of(cells(category="?"))
    assert fault.value.reason == "not_in_list"


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (b"A,too,few\r\n", "wrong_cells"),
        (line()[:-2] + b",one more\r\n", "wrong_cells"),
        (b'A,"never closed,,,,,,,,,,,a.jpg\r\n', "broken_quotes"),
        (b'A,"x"y,,,,,,,,,,,a.jpg\r\n', "broken_quotes"),
        (line(name="caf\u00e9").decode().encode("latin-1"), "not_utf8"),
        (b"A," + b"x" * MOST_ROW_BYTES + b"\r\n", "too_long"),
    ],
)
def test_table_broken_row_is_reported_and_the_next_is_read(broken, reason):
    found = rows_of(line(), broken, line(person_ref="B"), line(person_ref="C"))
    assert [(one.line, one.reason) for one in found if isinstance(one, RowFault)] == [(3, reason)]
    good = [one for one in found if isinstance(one, ImportRow)]
    assert [(one.details.person_ref, one.picture.line) for one in good] == [("A", 2), ("B", 4), ("C", 5)]


def test_table_quote_left_open_swallows_nobody_even_where_others_are_quoted():
    quoted = [line(person_ref=f"P{n}", name="x, y") for n in range(80)]
    assert faults_of(*quoted[:40], b'Q,"open,,,,,,,,,,,q.jpg\r\n', *quoted[40:]) == [(42, "broken_quotes")]


def test_table_line_numbers_count_lines_of_cells_with_breaks():
    found = rows_of(line(note="1\n2\n3"), line(person_ref="B", category="?"))
    assert [getattr(one, "line", None) for one in found] == [None, 5]


def test_table_blank_lines_are_passed_over():
    found = rows_of(b"\r\n", line(), b",,,,,,,,,,,,\r\n", b"\n")
    assert [one.picture.line for one in found] == [3]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_table_with_or_without_the_mark_of_utf8(mark):
    assert len(list(read_table([mark + HEADER, line()]))) == 1


@pytest.mark.parametrize(
    ("header", "says"),
    [
        (HEADER.replace(b"category,", b""), "missing: category"),
        (HEADER.replace(b"category", b"catagory"), r"unknown: 'catagory' \(did you mean category\?\)"),
        (HEADER.replace(b"name,", b"name,name,"), "there twice: 'name'"),
        (HEADER.replace(b",", b";"), "separated by commas"),
        (HEADER.decode().encode("utf-16"), "UTF-8"),
        (b"", "missing: person_ref"),
        (b"\x89PNG\r\n", "UTF-8"),
        (b"x" * 1_000_000, "save it as CSV"),
    ],
)
def test_table_wrong_columns_are_named(header, says):
    with pytest.raises(TableError, match=says) as refusal:
        list(read_table([header, line()]))
    assert len(str(refusal.value)) < 1000


def test_table_without_end_is_refused():
    def endless():
        yield HEADER
        while True:
            yield b"x\n"

    with pytest.raises(TableError, match="import it in parts"):
        for _ in read_table(endless()):
            pass


def test_by_person_rows_of_one_reference_are_one_person():
    found = rows_of(
        line(person_ref="PNC 1", name="Ada", category="suspect"),
        line(person_ref="B"),
        line(person_ref="pnc1", picture="b.jpg", rationale="more"),
        line(person_ref="PNC 1", picture="b.jpg"),
    )
    people, faults = by_person(found)
    assert faults == []
    assert [one.details.person_ref for one in people] == ["PNC 1", "B"]
    assert [one.file for one in people[0].pictures] == ["a.jpg", "b.jpg"]
    assert (people[0].details.name, people[0].details.rationale) == ("Ada", "more")
    assert people[0].category is Category.SUSPECT


@pytest.mark.parametrize(
    ("earlier", "later", "column"),
    [
        ({"name": "Ada"}, {"name": "Bea"}, "name"),
        ({"category": "suspect"}, {"category": "witness"}, "category"),
        ({"date_of_birth": "1990-01-01"}, {"date_of_birth": "1990-01-02"}, "date_of_birth"),
        ({"response": "red"}, {"response": "green"}, "response"),
    ],
)
def test_by_person_contradicting_row_is_a_fault_and_changes_nothing(earlier, later, column):
    people, faults = by_person(rows_of(line(**earlier), line(picture="b.jpg", **later)))
    assert [(one.line, one.reason) for one in faults] == [(3, "contradicts")]
    assert column in faults[0].message
    assert [one.file for one in people[0].pictures] == ["a.jpg"]


@settings(max_examples=60)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                name: st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=20)
                for name in ("name", "rationale", "note")
            }
        ),
        max_size=6,
    )
)
def test_table_any_text_comes_back_or_is_a_fault_of_its_own_row(texts):
    found = rows_of(*(line(person_ref=f"P{n}", **each) for n, each in enumerate(texts)))
    assert len(found) == len(texts)
    for number, one in enumerate(found):
        assert isinstance(one, RowFault) or one.details.person_ref == f"P{number}"


@settings(max_examples=100)
@given(st.lists(st.binary(max_size=60), max_size=8))
def test_table_any_bytes_between_two_rows_touch_neither(junk):
    clean = [part.replace(b'"', b"").replace(b"\n", b"") + b"\n" for part in junk]
    found = rows_of(line(person_ref="FIRST"), *clean, line(person_ref="LAST"))
    good = [one.details.person_ref for one in found if isinstance(one, ImportRow)]
    assert good[0] == "FIRST"
    assert good[-1] == "LAST"
