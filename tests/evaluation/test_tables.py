"""Referee: tables written by hand, and for each fault the row and column a reader would point at."""

from __future__ import annotations

import pytest

from lfr_kit.errors import TableError
from lfr_kit.evaluation.tables import people_in, photo_root, read_boxes, read_pairs

PAIRS = "fold,image_a,image_b,same\n"
BOXES = "file,x1,y1,x2,y2\n"


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "photos"
    for name in ("ann/1.jpg", "ann/2.jpg", "bob/1.PNG", "bob/notes.txt", "empty/readme.md"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x")
    return root


@pytest.fixture
def table(tmp_path):
    def write(text, *, encoding="utf-8"):
        path = tmp_path / "table.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return write


def test_read_pairs_good_list_names_each_picture_once(folder, table):
    pairs = read_pairs(table(PAIRS + "1,ann/1.jpg,ann/2.jpg,1\n2,ann/1.jpg,bob/1.PNG,0\n"), folder)
    assert pairs.images == (folder / "ann/1.jpg", folder / "ann/2.jpg", folder / "bob/1.PNG")
    assert pairs.rows.tolist() == [[0, 1], [0, 2]]
    assert pairs.is_mated.tolist() == [True, False]
    assert pairs.folds.tolist() == [1, 2]


def test_read_pairs_other_column_order_byte_order_mark_and_blanks_are_read(folder, table):
    pairs = read_pairs(
        table("same,fold,image_b,image_a,note\r\n 1 ,3,ann/2.jpg, ann/1.jpg,x\r\n", encoding="utf-8-sig"), folder
    )
    assert (pairs.folds.tolist(), pairs.is_mated.tolist()) == ([3], [True])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("fold,image_a,image_b\n1,ann/1.jpg,ann/2.jpg\n", "row 1: needs columns fold, image_a, image_b, same"),
        ("", "row 1: needs columns"),
        (PAIRS, "has no rows"),
        (PAIRS + "one,ann/1.jpg,ann/2.jpg,1\n", "row 2, column fold: needs a whole number, got 'one'"),
        (PAIRS + "1,ann/1.jpg,ann/2.jpg,yes\n", "row 2, column same: needs 1"),
        (PAIRS + "1,ann/1.jpg,ann/2.jpg,1\n1,ann/1.jpg,ann/9.jpg,1\n", "row 3, column image_b: no such picture"),
        (PAIRS + "1,,ann/2.jpg,1\n", "row 2, column image_a: needs a path under"),
        (PAIRS + "1,../photos/ann/1.jpg,ann/2.jpg,1\n", "row 2, column image_a: needs a path under"),
        (PAIRS + "1,/etc/hostname,ann/2.jpg,1\n", "row 2, column image_a: needs a path under"),
        (PAIRS + "1,ann/1.jpg,ann/2.jpg\n", "row 2, column same: no value"),
        (PAIRS + "1,ann/1.jpg,ann/2.jpg,1,7\n", "row 2, more values than columns"),
        (PAIRS + "1,ann/1.jpg,ann/1.jpg,1\n", "row 2, column image_b: a picture paired with itself"),
        (
            PAIRS + "1,ann/1.jpg,ann/2.jpg,1\n2,ann/2.jpg,ann/1.jpg,1\n",
            "row 3, column image_b: the same pair stands in row 2",
        ),
    ],
)
def test_read_pairs_faults_name_row_and_column(folder, table, text, says):
    with pytest.raises(TableError) as caught:
        read_pairs(table(text), folder)
    assert says in str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_read_pairs_not_utf8_is_refused(folder, table, encoding):
    with pytest.raises(TableError, match=r"cannot be read as a CSV table|needs columns"):
        read_pairs(table(PAIRS + "1,ann/é.jpg,ann/2.jpg,1\n", encoding=encoding), folder)


def test_read_pairs_missing_table_or_folder_is_refused(folder, tmp_path, table):
    with pytest.raises(TableError, match="cannot be read"):
        read_pairs(tmp_path / "none.csv", folder)
    with pytest.raises(TableError, match="no such folder"):
        read_pairs(table(PAIRS), tmp_path / "none")


def test_read_boxes_good_table(folder, table):
    boxes = read_boxes(table(BOXES + "ann/1.jpg,1,2,3,4.5\nann/2.jpg,,,,\nann/1.jpg,5,5,9,9\n"), folder)
    assert boxes[folder / "ann/1.jpg"].tolist() == [[1, 2, 3, 4.5], [5, 5, 9, 9]]
    assert boxes[folder / "ann/2.jpg"].shape == (0, 4)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("ann/1.jpg,1,2,3,x", "row 2, column y2: needs a number, got 'x'"),
        ("ann/1.jpg,1,,3,4", "row 2, column y1: needs a number, got ''"),
        ("ann/1.jpg,nan,2,3,4", "row 2, column x1: needs a number"),
        ("ann/1.jpg,3,2,3,4", "row 2, column x2: must be larger than x1"),
        ("ann/1.jpg,1,2,3,1", "row 2, column y2: must be larger than y1"),
        ("ann/7.jpg,1,2,3,4", "row 2, column file: no such picture"),
        ("ann/1.jpg,1,2,3,4\nann/1.jpg,1,2,3,4", "row 3, column x1: the same box"),
    ],
)
def test_read_boxes_faults_name_row_and_column(folder, table, row, says):
    with pytest.raises(TableError) as caught:
        read_boxes(table(BOXES + row + "\n"), folder)
    assert says in str(caught.value)


def test_people_in_takes_pictures_of_sub_folders_sorted(folder):
    assert people_in(folder) == {
        "ann": [folder / "ann/1.jpg", folder / "ann/2.jpg"],
        "bob": [folder / "bob/1.PNG"],
    }


def test_people_in_looks_into_the_images_folder_of_a_data_set(folder, tmp_path):
    folder.rename(tmp_path / "images")
    assert photo_root(tmp_path) == tmp_path / "images"
    assert set(people_in(tmp_path)) == {"ann", "bob"}


def test_people_in_without_pictures_is_refused(folder):
    with pytest.raises(TableError, match="one folder per person"):
        people_in(folder / "ann")


def test_read_pairs_name_longer_than_any_file_is_no_such_picture(folder, table):
    with pytest.raises(TableError, match="row 2, column image_a: no such picture"):
        read_pairs(table(PAIRS + f"1,{'a' * 400},ann/2.jpg,1\n"), folder)


def test_read_pairs_fold_too_large_to_count_is_named(folder, table):
    with pytest.raises(TableError, match="row 2, column fold: needs a whole number"):
        read_pairs(table(PAIRS + f"{10**30},ann/1.jpg,ann/2.jpg,1\n"), folder)


def test_read_pairs_semicolons_are_recognised(folder, table):
    with pytest.raises(TableError, match="with commas between its columns"):
        read_pairs(table(PAIRS.replace(",", ";") + "1;ann/1.jpg;ann/2.jpg;1\n"), folder)


def test_read_pairs_table_that_is_not_there_says_what_to_give(folder, tmp_path):
    with pytest.raises(TableError, match=r"absent\.csv: cannot be read \(No such file.*give a CSV table"):
        read_pairs(tmp_path / "absent.csv", folder)
