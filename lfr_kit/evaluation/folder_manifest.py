"""A manifest made from a folder of people: who has several pictures is cohort, the others are filler and crowd."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np

from lfr_kit.errors import OutputError, SettingError, TableError
from lfr_kit.evaluation.tables import people_in, rows_of
from lfr_kit.evaluation.trial_manifest import CONSENT_CHARACTERS, DATA_CHARACTERS, Part
from lfr_kit.evaluation.trial_tables import PEOPLE_COLUMNS, PICTURE_COLUMNS, write_table
from lfr_kit.reports.whole_file import output_error, write_whole

__all__ = ["FolderTrial", "group_table", "people_of", "write_folder_trial"]


@dataclass(frozen=True, kw_only=True)
class FolderTrial:
    """What to make of a folder.

    Attributes
    ----------
    trial_id, data, consent, retained_until
        Lines of the manifest.
    crowd_share
        Share of the people with one picture who pass and are not enrolled; the rest are enrolled and do not pass.
    seed
        Draws which of them.
    groups
        person -> {kind of group: what the person said}.
    """

    trial_id: str
    data: str
    consent: str
    retained_until: date
    crowd_share: float = 0.5
    seed: int = 0
    groups: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def people_of(folder: Path) -> dict[str, list[Path]]:
    """Pictures by person: of one folder per person, or else of files ``PERSON_PICTURE.jpg``.

    Raises
    ------
    TableError
        If there are no pictures.
    """
    from lfr_kit.evaluation.tables import photo_root
    from lfr_kit.sources.image_file import is_image_file

    try:
        return people_in(folder)
    except TableError:
        root = photo_root(folder)
        people: dict[str, list[Path]] = {}
        for path in sorted(each for each in root.iterdir() if is_image_file(each)):
            people.setdefault(path.stem.split("_")[0], []).append(path)
        if not people:
            raise
        return people


def group_table(table: Path, person_column: str, kinds: Sequence[str]) -> dict[str, dict[str, str]]:
    """What people said of themselves: columns of a CSV table.

    Raises
    ------
    TableError
        If a column is missing, or a person stands in it twice.
    """
    found: dict[str, dict[str, str]] = {}
    for line, row in rows_of(table, (person_column, *kinds)):
        if row[person_column] in found:
            raise TableError(f"{table}, row {line}: {row[person_column]} stands in it twice")
        found[row[person_column]] = {kind: row[kind] for kind in kinds if row[kind]}
    return found


def write_folder_trial(
    folder: Path, out: Path, plan: FolderTrial, *, fillers: Sequence[Path] = ()
) -> dict[Part, int]:
    """Writes ``trial.toml``, ``people.csv`` and ``pictures.csv`` to a new folder.

    The first picture of who has several is the reference, each other one a pass; everybody of `fillers` is
    enrolled with the first picture. Pictures stay where they are: the manifest names their ways from a common
    folder.

    Returns
    -------
    dict
        How many people there are of each part.

    Raises
    ------
    TableError
        If there are no pictures, or nobody of the table of groups is in the folder.
    SettingError
        If the share is none, or data or consent are not said.
    OutputError
        If the folder is there already, or cannot be written.
    """
    if not 0 <= plan.crowd_share <= 1:
        raise SettingError(f"crowd share: must lie in [0, 1], got {plan.crowd_share:g}")
    for name, text, least in (
        ("data", plan.data, DATA_CHARACTERS),
        ("consent", plan.consent, CONSENT_CHARACTERS),
    ):
        if len(text) < least:
            raise SettingError(f"{name}: say it in {least} characters or more, got {text!r}")
    people = people_of(folder)
    if plan.groups and not plan.groups.keys() & people.keys():
        raise TableError(
            f"{folder}: nobody in the table of groups is here; it says {next(iter(plan.groups))!r}, "
            f"the folder {next(iter(people))!r}"
        )
    parts = _parts(people, plan)
    for each in fillers:
        more = {f"{each.name}/{name}": paths[:1] for name, paths in people_of(each).items()}
        people |= more
        parts |= dict.fromkeys(more, "filler")
    _write(out, plan, people, parts)
    return {part: list(parts.values()).count(part) for part in ("cohort", "filler", "crowd")}


def _parts(people: Mapping[str, Sequence[Path]], plan: FolderTrial) -> dict[str, Part]:
    single = [name for name, paths in people.items() if len(paths) == 1]
    n_crowd = round(plan.crowd_share * len(single))
    crowd = {single[row] for row in np.random.default_rng(plan.seed).permutation(len(single))[:n_crowd]}
    return {
        name: "cohort" if len(paths) > 1 else "crowd" if name in crowd else "filler"
        for name, paths in people.items()
    }


def _write(out: Path, plan: FolderTrial, people: Mapping[str, Sequence[Path]], parts: Mapping[str, Part]) -> None:
    root = Path(os.path.commonpath([path.resolve().parent for paths in people.values() for path in paths]))
    kinds = sorted({kind for said in plan.groups.values() for kind in said})
    try:
        out.mkdir(parents=True)
    except FileExistsError:
        raise OutputError(f"{out}: is there already; choose a new folder, manifests are not overwritten") from None
    except OSError as error:
        raise output_error(out, error) from error
    lines = []
    pictures = []
    for name, paths in people.items():
        said = plan.groups.get(name, {})
        lines.append((name, parts[name], "", "", *(said.get(kind, "") for kind in kinds)))
        for number, path in enumerate(paths):
            is_pass = parts[name] == "crowd" or number > 0
            use, pass_id = ("pass", path.stem) if is_pass else ("reference", "")
            pictures.append((name, use, pass_id, path.resolve().relative_to(root).as_posix(), "", ""))
    write_table(out / "people.csv", (*PEOPLE_COLUMNS, *kinds), lines)
    write_table(out / "pictures.csv", PICTURE_COLUMNS, pictures)
    write_whole(out / "trial.toml", _toml(plan, os.path.relpath(root, out.resolve())))


def _toml(plan: FolderTrial, images: str) -> str:
    def quoted(text: str) -> str:
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ") + '"'

    return (
        f"trial_id = {quoted(plan.trial_id)}\n"
        f"data = {quoted(plan.data)}\n"
        f"consent = {quoted(plan.consent)}\n"
        f"retained_until = {plan.retained_until.isoformat()}\n"
        f"images = {quoted(images)}\n"
        'people = "people.csv"\n'
        'pictures = "pictures.csv"\n'
    )
