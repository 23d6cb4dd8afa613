"""Lists that people write: pairs of photographs, drawn boxes, folders of people."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lfr_kit.errors import TableError
from lfr_kit.sources.image_file import is_image_file

__all__ = ["PairList", "people_in", "photo_root", "read_boxes", "read_pairs", "rows_of"]

PAIR_COLUMNS = ("fold", "image_a", "image_b", "same")
BOX_COLUMNS = ("file", "x1", "y1", "x2", "y2")


@dataclass(frozen=True, eq=False)
class PairList:
    """Pairs of photographs; each photograph is named once.

    Attributes
    ----------
    images
        m paths.
    rows
        (n, 2) which two of them.
    is_mated
        (n,) bool: the same person.
    folds
        (n,) fold number.
    """

    images: tuple[Path, ...]
    rows: NDArray[np.intp]
    is_mated: NDArray[np.bool_]
    folds: NDArray[np.intp]


def photo_root(folder: Path) -> Path:
    """`folder`, or its ``images`` folder where it has one: data sets keep their tables beside it.

    Raises
    ------
    TableError
        If there is no such folder.
    """
    if not folder.is_dir():
        raise TableError(f"{folder}: no such folder")
    return folder / "images" if (folder / "images").is_dir() else folder


def people_in(folder: Path) -> dict[str, list[Path]]:
    """Photographs by person: one sub-folder each, names sorted, files that are no pictures passed over.

    Raises
    ------
    TableError
        If there is no such folder, or no sub-folder holds a picture.
    """
    root = photo_root(folder)
    photos = {
        place.name: sorted(p for p in place.iterdir() if is_image_file(p))
        for place in sorted(root.iterdir())
        if place.is_dir()
    }
    people = {name: paths for name, paths in photos.items() if paths}
    if not people:
        raise TableError(f"{root}: holds no pictures in sub-folders; needs one folder per person")
    return people


def read_pairs(table: Path, folder: Path) -> PairList:
    """Reads a pair list: columns fold, image_a, image_b (paths under `folder`), same (1 or 0).

    Raises
    ------
    TableError
        If a column is missing, a value is wrong, a picture is not there, or a pair stands twice; the
        message names row (the first line is 1) and column.
    """
    root = photo_root(folder)
    number: dict[str, int] = {}
    seen: dict[frozenset[int], int] = {}
    rows, mated, folds = [], [], []
    for line, row in rows_of(table, PAIR_COLUMNS):
        where = f"{table}, row {line}"
        folds.append(_integer(row["fold"], f"{where}, column fold"))
        mated.append(_flag(row["same"], f"{where}, column same"))
        pair = [_picture(row[c], root, number, f"{where}, column {c}") for c in ("image_a", "image_b")]
        earlier = seen.setdefault(frozenset(pair), line)
        if earlier != line or pair[0] == pair[1]:
            what = f"the same pair stands in row {earlier}" if earlier != line else "a picture paired with itself"
            raise TableError(f"{where}, column image_b: {what}")
        rows.append(pair)
    return PairList(
        images=tuple(root / name for name in number),
        rows=np.array(rows, np.intp),
        is_mated=np.array(mated, bool),
        folds=np.array(folds, np.intp),
    )


def read_boxes(table: Path, folder: Path) -> dict[Path, NDArray[np.float64]]:
    """Reads drawn boxes: columns file (under `folder`), x1, y1, x2, y2 in pixels -> picture: (m, 4).

    A picture without faces has one row with the four values empty.

    Raises
    ------
    TableError
        If a column is missing, a value is wrong, a picture is not there, or a box stands twice; the
        message names row and column.
    """
    root = photo_root(folder)
    boxes: dict[Path, list[tuple[float, ...]]] = {}
    for line, row in rows_of(table, BOX_COLUMNS):
        where = f"{table}, row {line}"
        _picture(row["file"], root, {}, f"{where}, column file")
        of_picture = boxes.setdefault(root / row["file"], [])
        if not any(row[c] for c in BOX_COLUMNS[1:]):
            continue
        box = tuple(_number(row[c], f"{where}, column {c}") for c in BOX_COLUMNS[1:])
        for low, high in ((0, 2), (1, 3)):
            if box[high] <= box[low]:
                raise TableError(
                    f"{where}, column {BOX_COLUMNS[high + 1]}: must be larger than {BOX_COLUMNS[low + 1]}"
                )
        if box in of_picture:
            raise TableError(f"{where}, column x1: the same box of {row['file']} stands above")
        of_picture.append(box)
    return {path: np.array(rows, np.float64).reshape(-1, 4) for path, rows in boxes.items()}


def rows_of(
    table: Path, columns: tuple[str, ...], *, with_others: bool = False
) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and values of each row of a CSV table.

    Parameters
    ----------
    columns
        That it must have.
    with_others
        Whether the values of further columns are given too.

    Raises
    ------
    TableError
        If the file cannot be read as such a table, lacks a column or a value, or has no rows.
    """
    try:
        with table.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, restkey="", restval=None, strict=True)
            missing = [column for column in columns if column not in (reader.fieldnames or ())]
            if missing:
                found = ", ".join(reader.fieldnames or ()) or "nothing"
                hint = ""
                if len(reader.fieldnames or ()) == 1 and any(sign in found for sign in ";\t"):
                    hint = "; save the table with commas between its columns"
                raise TableError(f"{table}, row 1: needs columns {', '.join(columns)}; found {found}{hint}")
            is_empty = True
            for row in reader:
                is_empty = False
                short = next((c for c in columns if row[c] is None), "" if "" in row else None)
                if short is not None:
                    what = f"column {short}: no value" if short else "more values than columns"
                    raise TableError(f"{table}, row {reader.line_num}, {what}")
                kept = [each for each in row if each] if with_others else columns
                yield reader.line_num, {column: row[column].strip() for column in kept}
    except OSError as error:
        raise TableError(f"{table}: cannot be read ({error.strerror}); give a CSV table") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise TableError(
            f"{table}: cannot be read as a CSV table ({error}); save it as CSV in UTF-8, with commas"
        ) from None
    if is_empty:
        raise TableError(f"{table}: has no rows")


def _picture(name: str, root: Path, number: dict[str, int], where: str) -> int:
    """The picture's number in `number`, a new one if it is new and there."""
    if name not in number:
        path = Path(name)
        if not name or path.is_absolute() or ".." in path.parts:
            raise TableError(f"{where}: needs a path under {root}, got {name!r}")
        if not _is_there(root / path):
            raise TableError(f"{where}: no such picture: {root / path}")
        number[name] = len(number)
    return number[name]


def _is_there(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name longer than any file's
        return False


def _integer(text: str, where: str) -> int:
    try:
        return int(np.intp(int(text)))
    except (ValueError, OverflowError):
        raise TableError(f"{where}: needs a whole number, got {text!r}") from None


def _number(text: str, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise TableError(f"{where}: needs a number, got {text!r}")
    return value


def _flag(text: str, where: str) -> bool:
    if text not in ("0", "1"):
        raise TableError(f"{where}: needs 1 (same person) or 0, got {text!r}")
    return text == "1"
