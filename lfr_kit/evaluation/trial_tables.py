"""A trial's manifest read from its files, with everything that does not fit named."""

from __future__ import annotations

import csv
import hashlib
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from lfr_kit.errors import TableError
from lfr_kit.evaluation.tables import rows_of
from lfr_kit.evaluation.trial_manifest import Pass, Person, Picture, TrialManifest

__all__ = ["PEOPLE_COLUMNS", "PICTURE_COLUMNS", "check_duplicates", "file_digest", "read_manifest", "write_table"]

PEOPLE_COLUMNS = ("person", "part", "consent", "retained_until")
"""Every further column of the table of people is a kind of group."""

PICTURE_COLUMNS = ("person", "use", "pass_id", "file", "camera", "day")
_SPAN = ("start_s", "end_s")
_LINES = ("trial_id", "data", "consent", "retained_until", "images", "people", "pictures")
_MOST_NAMED = 5


@dataclass(frozen=True)
class _Head:
    """The TOML file."""

    path: Path
    values: Mapping[str, Any]

    def beside(self, name: str) -> Path:
        return self.path.parent / str(self.values[name])


def read_manifest(path: Path, *, with_files: bool = True) -> TrialManifest:
    """Reads a manifest and its tables: all files are there, nobody has two parts, something can be counted.

    Parameters
    ----------
    with_files
        Whether all picture files must be there; to forget somebody they need not.

    Raises
    ------
    TableError
        If a line or column is missing or wrong, a file is not there, a person has two parts or stands in one
        table only, or there is nothing to count.
    """
    head = _head(path)
    people = _people(head)
    number = {person.person_id: row for row, person in enumerate(people)}
    references, passes, missing = _pictures(head, number, people)
    if missing and with_files:
        raise _not_there(head, missing)
    whole = [each.model_copy(update={"references": tuple(references[row])}) for row, each in enumerate(people)]
    _check_parts(head.path, whole, passes)
    try:
        return TrialManifest(
            trial_id=head.values["trial_id"], data=head.values["data"], people=tuple(whole), passes=tuple(passes)
        )
    except ValidationError as error:
        raise TableError(f"{path}: {_first(error)}") from None


def _head(path: Path) -> _Head:
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise TableError(f"{path}: cannot be read ({error.strerror}); make one: lfr evaluate manifest") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise TableError(f"{path}: is no TOML ({error}); make one: lfr evaluate manifest") from None
    missing = [name for name in _LINES if name not in values]
    further = sorted(set(values) - set(_LINES))
    if missing or further:
        what = f"lacks {', '.join(missing)}" if missing else f"has lines that mean nothing: {', '.join(further)}"
        raise TableError(f"{path}: {what}; its lines are {', '.join(_LINES)}")
    if not isinstance(values["retained_until"], date):
        raise TableError(f"{path}, retained_until: needs a date without quotes, e.g. 2027-11-30")
    return _Head(path, values)


def _people(head: _Head) -> list[Person]:
    table = head.beside("people")
    found: list[Person] = []
    seen: set[str] = set()
    for line, row in rows_of(table, PEOPLE_COLUMNS, with_others=True):
        where = f"{table}, row {line}"
        groups = {kind: row[kind] for kind in row if kind not in PEOPLE_COLUMNS and row[kind]}
        try:
            person = Person(
                person_id=row["person"],
                part=row["part"],
                consent=row["consent"] or str(head.values["consent"]),
                retained_until=_day(row["retained_until"], f"{where}, column retained_until")
                or head.values["retained_until"],
                groups=groups,
            )
        except ValidationError as error:
            raise TableError(f"{where}, {_first(error)}") from None
        if person.person_id in seen:
            raise TableError(
                f"{where}: {person.person_id} stands in it twice; nobody is mated and non-mated, keep one part"
            )
        seen.add(person.person_id)
        found.append(person)
    return found


def _day(text: str, where: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise TableError(f"{where}: needs a date as 2027-11-30, got {text!r}") from None


def _pictures(
    head: _Head, number: Mapping[str, int], people: Sequence[Person]
) -> tuple[dict[int, list[Picture]], list[Pass], list[Path]]:
    table, root = head.beside("pictures"), head.beside("images")
    references: dict[int, list[Picture]] = defaultdict(list)
    passes: dict[tuple[int, str], list[tuple[Picture, dict[str, str]]]] = defaultdict(list)
    missing: list[Path] = []
    for line, row in rows_of(table, PICTURE_COLUMNS, with_others=True):
        where = f"{table}, row {line}"
        if row["person"] not in number:
            raise TableError(f"{where}: {row['person']!r} is not in the table of people; add the person there")
        person = number[row["person"]]
        picture = _picture(row, root, where)
        if not picture.path.is_file():
            missing.append(picture.path)
        _check_use(row, people[person], where)
        if row["use"] == "reference":
            references[person].append(picture)
        else:
            passes[person, row["pass_id"]].append((picture, row))
    return references, [_pass(table, person, name, rows) for (person, name), rows in passes.items()], missing


def _not_there(head: _Head, missing: Sequence[Path]) -> TableError:
    named = ", ".join(str(each) for each in missing[:_MOST_NAMED])
    more = " ..." if len(missing) > _MOST_NAMED else ""
    how_many = "a file is" if len(missing) == 1 else f"{len(missing):,} files are"
    return TableError(f"{head.beside('pictures')}: {how_many} not there: {named}{more}")


def _picture(row: Mapping[str, str], root: Path, where: str) -> Picture:
    path = Path(row["file"])
    if not row["file"] or path.is_absolute() or ".." in path.parts:
        raise TableError(f"{where}, column file: needs a path under {root}, got {row['file']!r}")
    span = [row.get(name, "") for name in _SPAN]
    if not any(span):
        return Picture(path=root / path)
    try:
        start_s, end_s = map(float, span)
    except ValueError:
        raise TableError(f"{where}: a clip needs both start_s and end_s, in seconds, got {span}") from None
    if not 0 <= start_s < end_s < float("inf"):
        raise TableError(f"{where}: start_s must lie before end_s, got {start_s:g} and {end_s:g}")
    return Picture(path=root / path, start_s=start_s, end_s=end_s)


def _check_use(row: Mapping[str, str], person: Person, where: str) -> None:
    allowed = {"cohort": ("reference", "pass"), "filler": ("reference",), "crowd": ("pass",)}[person.part]
    if row["use"] not in allowed:
        raise TableError(
            f"{where}, column use: {person.person_id} is {person.part}, whose pictures are "
            f"{' or '.join(allowed)}, got {row['use']!r}"
        )
    if row["use"] == "pass" and not row["pass_id"]:
        raise TableError(f"{where}, column pass_id: names the pass; pictures of one pass bear the same name")


def _pass(table: Path, person: int, name: str, rows: Sequence[tuple[Picture, dict[str, str]]]) -> Pass:
    (camera, day), *others = {(row["camera"], row["day"]) for _, row in rows}
    if others:
        raise TableError(f"{table}: pass {name!r} has several cameras or days; give each its own pass_id")
    return Pass(pass_id=name, person=person, pictures=tuple(p for p, _ in rows), camera=camera, day=day)


def _check_parts(path: Path, people: Sequence[Person], passes: Sequence[Pass]) -> None:
    walking = {each.person for each in passes}
    for row, person in enumerate(people):
        if person.part in ("cohort", "filler") and not person.references:
            raise TableError(f"{path}: {person.person_id} is {person.part} and has no reference picture")
        if person.part in ("cohort", "crowd") and row not in walking:
            raise TableError(f"{path}: {person.person_id} is {person.part} and never passes")
    if not passes:
        raise TableError(f"{path}: nobody passes; without passes there are no trials and no rate")
    if sum(person.part != "crowd" for person in people) < 2:
        raise TableError(f"{path}: fewer than two people are enrolled; add filler or cohort")


def check_duplicates(manifest: TrialManifest, digests: Mapping[Path, str]) -> None:
    """Refuses a picture that stands in the trial twice: compared with itself it is always alike.

    Parameters
    ----------
    digests
        SHA-256 of each file.

    Raises
    ------
    TableError
        Naming two of them.
    """
    seen: dict[tuple[str, float | None, float | None], tuple[int, Path]] = {}
    for row, picture, _ in manifest.pictures:
        key = (digests[picture.path], picture.start_s, picture.end_s)
        if (earlier := seen.get(key)) is not None:
            names = [manifest.people[each].person_id for each in (earlier[0], row)]
            raise TableError(
                f"{picture.path} ({names[1]}) is the same picture as {earlier[1]} ({names[0]}); keep one of them"
            )
        seen[key] = (row, picture.path)


def file_digest(path: Path) -> str:
    """SHA-256 of a file, hex. TableError if it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise TableError(f"{path}: cannot be read ({error.strerror})") from None


def write_table(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Writes a CSV table."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def _first(error: ValidationError) -> str:
    fault = error.errors()[0]
    where = ".".join(map(str, fault["loc"]))
    return f"{where}: {fault['msg'].removeprefix('Value error, ')}"
