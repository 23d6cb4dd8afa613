"""Published tables read and checked; misprints known from the Metropolitan Police's tables must be found."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest

from lfr_kit.errors import TableError
from lfr_kit.governance.published_record import COLUMNS
from lfr_kit.governance.published_table import read_published, read_row
from lfr_kit.governance.record_checks import JUMP, MET_THRESHOLDS, check_rows

TODAY = date(2026, 5, 4)
GOOD = {
    "Deployment Location": "Somewhere",
    "Date": "04/05/2025",
    "Duration": "5 h 30 min",
    "LFR Use Case": "Crime hotspot",
    "Watchlist Size": "16,199",
    "Min Threshold Setting": "0.64",
    "Total Alerts": "9",
    "True Alerts Confirmed": "7",
    "True Alerts Unconfirmed": "1",
    "False Alerts Confirmed": "1",
    "False Alerts Unconfirmed": "0",
    "False Alert Rate": "0.0082%",
    "Outcome - Arrest": "4",
    "Outcome - Other": "2",
    "No action": "2",
    "Faces seen (estimate)": "12,120",
}


def row(line: int = 2, **changes: str):
    names = {"location": "Deployment Location", "size": "Watchlist Size", "threshold": "Min Threshold Setting"}
    named = {names.get(name, name): value for name, value in changes.items()}
    return read_row({**GOOD, **named}, line=line)


def found(*rows, **options):
    return [(finding.rule, finding.line) for finding in check_rows(rows, today=TODAY, **options)]


def rows_of(*sizes: str):
    return [
        row(line, size=size, location=str(line), Date=f"{line:02d}/05/2025") for line, size in enumerate(sizes, 2)
    ]


def test_row_that_adds_up_has_no_finding():
    assert found(row()) == []


def test_sum_that_is_off_as_printed_for_westminster_is_found():
    printed = row(
        location="Westminster", Date="10/01/24", **{"Total Alerts": "10", "Min Threshold Setting": "0.60"}
    )
    assert found(printed) == [("sum", 2)]


def test_dalston_row_of_2024_dated_2023_is_given_away_by_threshold_and_list():
    before = row(2, location="A", Date="04/07/23", threshold="0.60", size="11,000")
    dalston = row(3, location="Dalston", Date="11/07/23", threshold="0.62", size="15,695")
    after = row(4, location="B", Date="18/07/23", threshold="0.60", size="11,100")
    expected = [("threshold", 3), ("watchlist", 3)]
    assert sorted(found(before, dalston, after, eras=MET_THRESHOLDS)) == expected
    assert sorted(found(before, dalston, after)) == expected
    message = next(
        each.message
        for each in check_rows([dalston], today=TODAY, eras=MET_THRESHOLDS)
        if each.rule == "threshold"
    )
    assert "11/07/2024" in message


def test_watchlist_of_19199_beside_one_of_16199_on_the_same_day_is_found():
    same_day = [
        row(line, location=str(line), Date="02/05/25", size=size)
        for line, size in ((2, "16,150"), (3, "19,199"), (4, "16,199"))
    ]
    assert found(*same_day) == [("watchlist", 3)]


def test_rate_misprinted_for_croydon_is_found():
    cells = {"False Alert Rate": "0.01%", "Faces seen (estimate)": "3,940"}
    assert found(row(location="Croydon George St", Date="07/12/23", **cells)) == [("rate", 2)]


@pytest.mark.parametrize(
    ("n_false", "faces", "printed"),
    [
        (7, "8600", "0.08%"),
        (7, "8600", "0.0814 %"),
        (1, "12120", "0.00%"),
        (1, "12120", "0.01%"),
        (1, "12120", "0.00825 %"),
        (1, "12120", "1 of 12120 (0.00825 %)"),
        (1, "12120", "0.0000825"),
        (1, "8264", "0.01%"),
        (1, "2008", "0.04%"),
        (1, "1020", "0.09%"),
    ],
)
def test_rate_cut_off_or_rounded_is_no_misprint(n_false, faces, printed):
    cells = {
        "False Alerts Confirmed": str(n_false),
        "True Alerts Confirmed": str(8 - n_false),
        "Outcome - Arrest": "0",
        "False Alert Rate": printed,
        "Faces seen (estimate)": faces,
    }
    assert found(row(**cells)) == []


@pytest.mark.parametrize("printed", ["0.02%", "2 of 12120", "1 of 12,121 (0.00825 %)", "0.1"])
def test_rate_that_follows_from_no_rounding_is_found(printed):
    assert found(row(**{"False Alert Rate": printed})) == [("rate", 2)]


def test_more_arrests_than_true_alerts_are_found():
    assert found(row(**{"Outcome - Arrest": "9"})) == [("arrests", 2)]


@pytest.mark.parametrize("day", ["05/05/2026", "04/05/2002"])
def test_day_in_the_future_or_before_any_deployment_is_found(day):
    assert found(row(Date=day)) == [("date", 2)]


def test_alerts_without_faces_are_found():
    assert found(row(**{"Faces seen (estimate)": "N/A", "False Alert Rate": "N/A"})) == [("faces_seen", 2)]


def test_parts_without_a_total_are_found():
    assert found(row(**{"Total Alerts": "N/A"})) == [("sum", 2)]


def test_aborted_row_without_figures_has_no_finding():
    blank = {column: "N/A" for column in COLUMNS[6:]}
    assert found(row(**blank)) == []


def test_row_that_stands_twice_is_found():
    assert found(row(2), row(3)) == [("duplicate", 3)]


def test_list_that_stands_out_is_found_alone_and_a_step_once():
    assert found(*rows_of("1000", "1500", "1000", "1010")) == [("watchlist", 3)]
    assert found(*rows_of("1000", "1010", "1500", "1490")) == [("watchlist", 4)]
    assert found(*rows_of("1500", "1000", "1010")) == [("watchlist", 2)]


def test_change_of_just_ten_per_cent_is_no_jump():
    assert float(JUMP) == 0.10
    assert found(*rows_of("1000", "1100")) == []
    assert found(*rows_of("1000", "1101")) == [("watchlist", 3)]


@pytest.mark.parametrize(
    ("day", "threshold", "expected"),
    [
        ("10/07/2024", "0.60", []),
        ("11/07/2024", "0.60", []),
        ("11/07/2024", "0.62", []),
        ("12/07/2024", "0.60", [("threshold", 2)]),
        ("25/07/2024", "0.64", []),
        ("24/07/2024", "0.64", [("threshold", 2)]),
        ("01/01/2025", "0.55", [("threshold", 2)]),
    ],
)
def test_threshold_must_be_of_its_time(day, threshold, expected):
    assert found(row(Date=day, threshold=threshold), eras=MET_THRESHOLDS) == expected


def as_csv(*rows: dict, headings=COLUMNS) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(headings)
    writer.writerows([each[column] for column in COLUMNS] for each in rows)
    return text.getvalue()


def test_table_is_read_with_its_lines():
    rows = read_published("\ufeff" + as_csv(GOOD, {**GOOD, "Deployment Location": "Elsewhere, by the sea"}))
    assert [(each.line, each.location, each.faces_seen) for each in rows] == [
        (2, "Somewhere", 12_120),
        (3, "Elsewhere, by the sea", 12_120),
    ]


def test_headings_are_known_however_they_are_capitalised():
    headings = [column.upper().replace(" ", "  ") for column in COLUMNS]
    assert len(read_published(as_csv(GOOD, headings=headings))) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "lacks these headings"),
        ("a,b\n1,2\n", "lacks these headings"),
        (as_csv(), "no deployment"),
        (as_csv(GOOD, headings=["Date" if name == "Duration" else name for name in COLUMNS]), "lacks.*Duration"),
        (as_csv(GOOD).replace("Deployment Location,", "Date,Deployment Location,", 1), "stand twice"),
        (as_csv(GOOD) + "x,y\n", "too few"),
        (as_csv(GOOD) + '"open', "not CSV"),
        (as_csv({**GOOD, "Total Alerts": "nine"}), "line 2, column Total Alerts"),
        (as_csv({**GOOD, "Total Alerts": "-9"}), "whole number"),
        (as_csv({**GOOD, "Total Alerts": "1,2"}), "whole number"),
        (as_csv({**GOOD, "Date": "31/02/2025"}), "column Date"),
        (as_csv({**GOOD, "False Alert Rate": "low"}), "column False Alert Rate"),
        (as_csv({**GOOD, "Min Threshold Setting": "=1+1"}), "column Min Threshold Setting"),
        (as_csv({**GOOD, "Deployment Location": " "}), "name the place"),
    ],
)
def test_table_that_cannot_be_read_is_refused_with_line_and_column(text, message):
    with pytest.raises(TableError, match=message):
        read_published(text)


def test_huge_cell_is_refused_without_being_printed_in_full():
    with pytest.raises(TableError) as refused:
        read_published(as_csv({**GOOD, "Watchlist Size": "9" * 100_000}))
    assert len(str(refused.value)) < 300
