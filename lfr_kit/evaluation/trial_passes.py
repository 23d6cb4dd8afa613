"""Passes and references of a trial as templates: one vector per pass, however many pictures it gave."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lfr_kit.config import settings
from lfr_kit.embedding.fusion import fuse
from lfr_kit.enrolment import best_shot_of
from lfr_kit.errors import EnrolmentError, ImageError, SourceError, SpaceMismatchError
from lfr_kit.evaluation.photos import Admission, PhotoStages, admission_gate
from lfr_kit.evaluation.template_cache import Acquired, TemplateCache
from lfr_kit.evaluation.trial_manifest import Picture, TrialManifest
from lfr_kit.evaluation.trial_tables import check_duplicates, file_digest
from lfr_kit.records import BestShot, Template
from lfr_kit.registry import create
from lfr_kit.stages import QualityGate

__all__ = [
    "N_BEST",
    "PassTemplates",
    "TrialStages",
    "TrialTemplates",
    "forget_people",
    "recipe_of",
    "templates_of_trial",
    "trial_stages",
]

Use = Literal["reference", "pass"]
Vectors = NDArray[np.float32]

_BATCH = 16
_BETWEEN_SHOTS_S = 0.199
N_BEST = 3
"""Shots of a pass that are fused, the best by quality: as many as live tracking keeps."""


@dataclass(frozen=True, eq=False)
class PassTemplates:
    """Templates, one row per pass or per enrolled person.

    Attributes
    ----------
    person
        (n,) row of the person in the manifest.
    vectors
        (n, d) float32 of unit length; NaN rows = not acquired (references: not enrolled).
    reasons
        n reason codes, ``""`` where there is a vector.
    camera, day
        n each, as in the manifest; empty for references.
    space_id
        Of all of them.
    """

    person: NDArray[np.intp]
    vectors: Vectors
    reasons: tuple[str, ...]
    camera: tuple[str, ...]
    day: tuple[str, ...]
    space_id: str

    def __len__(self) -> int:
        return len(self.person)

    @property
    def is_acquired(self) -> NDArray[np.bool_]:
        """(n,) whether there is a template."""
        return np.array([not reason for reason in self.reasons], bool)

    @property
    def failed(self) -> dict[str, int]:
        """How many were not acquired, by reason."""
        return dict(sorted(Counter(reason for reason in self.reasons if reason).items()))


@dataclass(frozen=True, eq=False)
class TrialTemplates:
    """Everything a trial compares.

    Attributes
    ----------
    references
        Of the enrolled, in the order of `TrialManifest.enrolled`.
    passes
        In the order of `TrialManifest.passes`.
    recipe
        What they were made with, as the cache names it.
    digests
        SHA-256 of each picture file.
    n_cached
        Pictures that were at hand already.
    """

    references: PassTemplates
    passes: PassTemplates
    recipe: str
    digests: Mapping[Path, str]
    n_cached: int

    def __post_init__(self) -> None:
        if self.references.space_id != self.passes.space_id:
            raise SpaceMismatchError(
                f"references are of space {self.references.space_id}, passes of {self.passes.space_id}: make both "
                "with one embedder"
            )


@dataclass(frozen=True, eq=False)
class TrialStages:
    """The stages of a photograph, with the gate of references beside that of passes.

    Attributes
    ----------
    photo
        Detector, gate of passes, embedder.
    reference_gate
        Gate of references.
    recipe
        Names all that a template depends on besides its picture.
    why
        Which embedder it is and why, a sentence.
    """

    photo: PhotoStages
    reference_gate: QualityGate
    recipe: str
    why: str

    def gate(self, use: Use) -> QualityGate:
        """The gate of a use."""
        return self.reference_gate if use == "reference" else self.photo.gate


def trial_stages(
    *,
    detector: str | None = None,
    embedder: str = "auto",
    crops: str | None = None,
    admission: Literal["deployed", "all"] = "deployed",
) -> TrialStages:
    """The stages of these names.

    Parameters
    ----------
    detector, embedder, crops
        As `photos.photo_stages` takes them.
    admission
        ``"deployed"``: references pass the gate of references, probes that of probes, as on the day; ``"all"``:
        every face found.

    Raises
    ------
    UnknownAlgorithmError, SettingError, ModelMissingError
        If a name is not known, a setting is wrong, or weights are not on this machine.
    """
    from lfr_kit.evaluation.photos import photo_stages

    of_pass: Admission = "all" if admission == "all" else "probe"
    photo, why = photo_stages(detector=detector, embedder=embedder, crops=crops, admission=of_pass)
    reference_gate = photo.gate if admission == "all" else admission_gate("reference")
    return TrialStages(photo, reference_gate, recipe_of(detector, photo.embedder, admission), why)


def recipe_of(detector: str | None, embedder: object, admission: str) -> str:
    """All that templates depend on besides the pictures, as JSON; the detector None = the one in the settings."""
    chosen = settings().choosing(detector=detector)
    parts = {
        "space": getattr(embedder, "space_id", ""),
        "crops": str(getattr(embedder, "crops", "")),
        "precision": str(getattr(embedder, "precision", "")),
        "detector": chosen.detector.model_dump(),
        "gates": [chosen.gate.model_dump(), chosen.reference_gate.model_dump()],
        "admission": admission,
        "n_best": N_BEST,
    }
    return json.dumps(parts, sort_keys=True)


def templates_of_trial(
    manifest: TrialManifest,
    stages: TrialStages,
    cache: TemplateCache | None = None,
    progress: Callable[[int], None] | None = None,
) -> TrialTemplates:
    """Templates of all pictures of a manifest; those in the cache are not made anew.

    Parameters
    ----------
    cache
        None = nothing is kept.
    progress
        Called with the number of pictures done since the last call.

    Raises
    ------
    TableError
        If a picture cannot be read as a file, or stands in the manifest twice.
    TamperedError, OutputError
        If the cache was changed or cannot be written.
    """
    wanted = list(manifest.pictures)
    digests = {path: file_digest(path) for path in dict.fromkeys(picture.path for _, picture, _ in wanted)}
    check_duplicates(manifest, digests)
    found: list[Acquired | None] = [None] * len(wanted)
    kept = [
        (_name(picture, digests), f"{use}|{stages.recipe}", manifest.people[row].retained_until)
        for row, picture, use in wanted
    ]
    if cache is not None:
        found = [cache.get(*each) for each in kept]
    missing = [place for place, each in enumerate(found) if each is None]
    if progress is not None:
        progress(len(wanted) - len(missing))
    for start in range(0, len(missing), _BATCH):
        batch = missing[start : start + _BATCH]
        for place, made in zip(batch, _acquire([wanted[place][1:] for place in batch], stages), strict=True):
            found[place] = made
            if cache is not None:
                name, recipe, until = kept[place]
                cache.put(name, recipe, made, until)
        if progress is not None:
            progress(len(batch))
    complete = [each for each in found if each is not None]
    return _assembled(manifest, stages, complete, digests, len(wanted) - len(missing))


def _name(picture: Picture, digests: Mapping[Path, str]) -> str:
    return digests[picture.path] + (f":{picture.start_s!r}-{picture.end_s!r}" if picture.is_clip else "")


def forget_people(manifest: TrialManifest, people: Sequence[int], cache: TemplateCache) -> int:
    """Deletes what the cache keeps of some people, by rows of the manifest. Returns how many templates.

    Of pictures that are no longer there nothing can be found; those go with `TemplateCache.forget_expired`.
    """
    chosen = set(people)
    own = [picture for row, picture, _ in manifest.pictures if row in chosen and picture.path.is_file()]
    digests = {picture.path: file_digest(picture.path) for picture in own}
    return sum(cache.forget(_name(picture, digests)) for picture in own)


def _acquire(batch: Sequence[tuple[Picture, Use]], stages: TrialStages) -> list[Acquired]:
    """What each picture gives; all shots of the batch go through the network together."""
    shots = [_shots(picture, stages, stages.gate(use)) for picture, use in batch]
    templates = iter(stages.photo.embedder.embed([s for each in shots if not isinstance(each, str) for s in each]))
    made = []
    for each in shots:
        if isinstance(each, str):
            made.append(Acquired(None, reason=each))
            continue
        own = [next(templates) for _ in each]
        # Within a clip shots are fused as a live track fuses them, weighted by their quality.
        made.append(Acquired(fuse(own).vector, max(float(shot.quality) for shot in each)))
    return made


def _shots(picture: Picture, stages: TrialStages, gate: QualityGate) -> list[BestShot] | str:
    """The shot of a picture, the best ones of a clip, or why there is none."""
    from lfr_kit.sources.image_file import read_image

    try:
        if picture.is_clip:
            return _shots_of_clip(picture, stages, gate)
        return [best_shot_of(read_image(picture.path), stages.photo.detector, gate, pick="main")]
    except (ImageError, EnrolmentError) as error:
        return error.reason
    except SourceError:
        return "clip_unreadable"


def _shots_of_clip(picture: Picture, stages: TrialStages, gate: QualityGate) -> list[BestShot]:
    """The best shots of the main face between two moments, five frames a second looked at."""
    reasons: list[str] = []
    shots: list[BestShot] = []
    for image in _frames(picture):
        try:
            shots.append(best_shot_of(image, stages.photo.detector, gate, pick="main"))
        except EnrolmentError as error:
            reasons.append(error.reason)
        shots = sorted(shots, key=lambda shot: -shot.quality)[:N_BEST]
    if not shots:
        reason = Counter(reasons).most_common(1)[0][0] if reasons else "no_frames"
        raise EnrolmentError(f"{picture.path}: nobody was acquired", reason=reason)
    return shots


def _frames(picture: Picture) -> Iterator[NDArray[np.uint8]]:
    last_at = None
    for frame in create("source", "video_file", path=picture.path, start_s=picture.start_s, end_s=picture.end_s):
        if last_at is None or (frame.captured_at - last_at).total_seconds() >= _BETWEEN_SHOTS_S:
            last_at = frame.captured_at
            yield frame.image


def _assembled(
    manifest: TrialManifest,
    stages: TrialStages,
    found: Sequence[Acquired],
    digests: Mapping[Path, str],
    n_cached: int,
) -> TrialTemplates:
    """Per person and per pass one vector: references fused of all pictures, passes of the best ones."""
    pictures = iter(found)
    by_person = [[next(pictures) for _ in person.references] for person in manifest.people]
    by_pass = [[next(pictures) for _ in each.pictures] for each in manifest.passes]
    space_id = stages.photo.embedder.space_id
    dimension = next((len(each.vector) for each in found if each.vector is not None), 0)
    enrolled = manifest.enrolled
    return TrialTemplates(
        references=_rows([by_person[row] for row in enrolled], enrolled, space_id, dimension),
        passes=_rows(
            [_best(each) for each in by_pass],
            [each.person for each in manifest.passes],
            space_id,
            dimension,
            [each.camera for each in manifest.passes],
            [each.day for each in manifest.passes],
        ),
        recipe=stages.recipe,
        digests=digests,
        n_cached=n_cached,
    )


def _best(found: Sequence[Acquired]) -> list[Acquired]:
    """The acquired ones of best quality; where none is, all of them."""
    acquired = sorted((each for each in found if each.vector is not None), key=lambda each: -each.quality)
    return acquired[:N_BEST] or list(found)


def _rows(
    found: Sequence[Sequence[Acquired]],
    people: Sequence[int],
    space_id: str,
    dimension: int,
    camera: Sequence[str] = (),
    day: Sequence[str] = (),
) -> PassTemplates:
    vectors, reasons = np.full((len(found), dimension), np.nan, np.float32), []
    for row, pictures in zip(vectors, found, strict=True):
        own = [Template(vector=each.vector, space_id=space_id) for each in pictures if each.vector is not None]
        if own:
            row[:] = fuse(own).vector
        reasons.append("" if own else Counter(each.reason for each in pictures).most_common(1)[0][0])
    return PassTemplates(
        person=np.array(people, np.intp),
        vectors=vectors,
        reasons=tuple(reasons),
        camera=tuple(camera) or ("",) * len(found),
        day=tuple(day) or ("",) * len(found),
        space_id=space_id,
    )
