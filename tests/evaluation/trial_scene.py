"""Small trials of painted people: files for the reader, and vectors for the arithmetic."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np

from evaluation.painted_people import MiddleDetector, paint_people
from lfr_kit.embedding.scripted import ScriptedEmbedder
from lfr_kit.evaluation.folder_manifest import FolderTrial, write_folder_trial
from lfr_kit.evaluation.photos import PhotoStages
from lfr_kit.evaluation.trial_manifest import Pass, Person, Picture, TrialManifest
from lfr_kit.evaluation.trial_passes import PassTemplates, TrialStages, TrialTemplates
from lfr_kit.quality.open_gate import OpenGate

SOON = datetime.now(UTC).date() + timedelta(days=30)
DATA = "painted people who do not exist, for tests of the runner"


def painted_stages() -> TrialStages:
    """Stages that find the middle of a picture and read its colours."""
    photo = PhotoStages(MiddleDetector(), OpenGate(), ScriptedEmbedder())
    return TrialStages(photo, OpenGate(), '{"admission": "all"}', "painted")


def folder_trial(root: Path, **changes) -> Path:
    """The manifest of ten people with three pictures each, and ten with one: five filler, five crowd."""
    plan = {"trial_id": "painted", "data": DATA, "consent": "C-1", "retained_until": SOON, **changes}
    people = root / "people"
    if not people.is_dir():
        paint_people(people)
    write_folder_trial(people, root / "trial", FolderTrial(**plan))
    return root / "trial" / "trial.toml"


def edit(manifest: Path, table: str, old: str, new: str) -> Path:
    """The manifest, after a piece of one of its files was replaced."""
    path = manifest.parent / table
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return manifest


def unit(*numbers: float) -> np.ndarray:
    """A vector of unit length."""
    vector = np.array(numbers, np.float32)
    return vector / np.linalg.norm(vector)


def made_manifest(people: list[tuple[str, str, dict]], passes: list[int], until: date = SOON) -> TrialManifest:
    """People as (name, part, groups) and whose each pass is; the pictures are names only."""
    return TrialManifest(
        trial_id="made",
        data=DATA,
        people=tuple(
            Person(
                person_id=name,
                part=part,
                consent="C-1",
                retained_until=until,
                groups=groups,
                references=() if part == "crowd" else (Picture(path=Path(f"{name}.png")),),
            )
            for name, part, groups in people
        ),
        passes=tuple(
            Pass(pass_id=str(number), person=person, pictures=(Picture(path=Path(f"pass-{number}.png")),))
            for number, person in enumerate(passes)
        ),
    )


def made_templates(
    manifest: TrialManifest,
    references: list[np.ndarray | None],
    passes: list[np.ndarray | None],
    spaces: tuple[str, str] = ("s", "s"),
) -> TrialTemplates:
    """Vectors for the enrolled (in the order of the manifest) and for the passes; None = not acquired."""
    files = {picture.path: f"digest of {picture.path}" for _, picture, _ in manifest.pictures}
    return TrialTemplates(
        references=_rows(manifest.enrolled, references, spaces[0]),
        passes=_rows([each.person for each in manifest.passes], passes, spaces[1]),
        recipe='{"admission": "all"}',
        digests=files,
        n_cached=0,
    )


def _rows(people, vectors, space_id) -> PassTemplates:
    d = next(len(vector) for vector in vectors if vector is not None)
    return PassTemplates(
        person=np.array(people, np.intp),
        vectors=np.array([np.full(d, np.nan) if v is None else v for v in vectors], np.float32),
        reasons=tuple("no_face" if vector is None else "" for vector in vectors),
        camera=("",) * len(people),
        day=("",) * len(people),
        space_id=space_id,
    )
