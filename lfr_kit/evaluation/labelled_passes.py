"""Passes of known people through a scene: from clips somebody labelled, or from generated footage that knows.

A pass keeps every face of its person as a shot, in memory, so that what another frame rate, another distance or
another number of shots would have cost can be looked up afterwards on the same pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from lfr_kit.enrolment import best_shot_of, chosen_face
from lfr_kit.errors import EnrolmentError, ImageError, TableError
from lfr_kit.evaluation.detection import match_boxes
from lfr_kit.evaluation.tables import rows_of
from lfr_kit.quality.crop import crop_shot
from lfr_kit.records import BestShot, Frame
from lfr_kit.registry import create
from lfr_kit.sources.cast import Walker
from lfr_kit.sources.figure import Clothes, Portrait
from lfr_kit.sources.image_file import read_image
from lfr_kit.sources.walking import Gait
from lfr_kit.sources.walkthrough import Walkthrough
from lfr_kit.stages import Detector

__all__ = [
    "ClipSpan",
    "LabelledPass",
    "chosen_shots",
    "passes_of_clips",
    "passes_of_walks",
    "read_clips",
    "walks_of",
]

CLIP_COLUMNS = ("clip", "person", "from_s", "to_s")
_VISIBLE = 0.6
_OVERLAP = 0.3
_BETWEEN_SHOTS_S = 0.199
_PER_WALK = 4
_WALK_FPS = 10.0


@dataclass(frozen=True)
class ClipSpan:
    """One person passes in a clip, alone or as its main face, between two moments in seconds."""

    clip: Path
    person: str
    from_s: float
    to_s: float


@dataclass(frozen=True, eq=False)
class LabelledPass:
    """One pass.

    Attributes
    ----------
    person
        Who.
    shots
        Every face found of that person, in order of time, with its quality.
    n_frames
        Frames looked at.
    """

    person: str
    shots: tuple[BestShot, ...]
    n_frames: int


def read_clips(table: Path, folder: Path) -> list[ClipSpan]:
    """Reads a table of passes: columns clip (a file under `folder`), person, from_s, to_s.

    Raises
    ------
    TableError
        If a column is missing, a value is wrong, a clip is not there, or two people pass in one clip at one
        time: time alone does not tell whose face is whose. The message names row and column.
    """
    spans: list[ClipSpan] = []
    for line, row in rows_of(table, CLIP_COLUMNS):
        where = f"{table}, row {line}"
        clip = Path(row["clip"])
        if not row["clip"] or clip.is_absolute() or ".." in clip.parts or not (folder / clip).is_file():
            raise TableError(f"{where}, column clip: no such file under {folder}: {row['clip']!r}")
        if not row["person"]:
            raise TableError(f"{where}, column person: is empty")
        start, end = (_seconds(row[name], f"{where}, column {name}") for name in ("from_s", "to_s"))
        if end <= start:
            raise TableError(f"{where}, column to_s: must be larger than from_s")
        span = ClipSpan(folder / clip, row["person"], start, end)
        for other in spans:
            if other.clip == span.clip and other.from_s < span.to_s and span.from_s < other.to_s:
                raise TableError(
                    f"{where}: {span.person} and {other.person} pass in {clip} at one time; shorten the spans so "
                    "that each holds one person, or cut the clip"
                )
        spans.append(span)
    return spans


def _seconds(text: str, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not 0 <= value < float("inf"):
        raise TableError(f"{where}: needs seconds from the start of the clip, got {text!r}")
    return value


def passes_of_clips(
    spans: Sequence[ClipSpan], detector: Detector, progress: Callable[[int], None] | None = None
) -> list[LabelledPass]:
    """The passes of labelled clips: in each frame of a span the main face is taken for the person's.

    Raises
    ------
    SourceError
        If a clip cannot be read.
    """
    passes = []
    for span in spans:
        shots, n_frames = [], 0
        for frame in create("source", "video_file", path=span.clip, start_s=span.from_s, end_s=span.to_s):
            n_frames += 1
            (found,) = detector.detect([frame])
            if len(found):
                shots.append(crop_shot(frame, found, chosen_face(frame, found, pick="main")))
        passes.append(LabelledPass(span.person, tuple(shots), n_frames))
        if progress is not None:
            progress(1)
    return passes


def walks_of(photos: Mapping[str, Path], detector: Detector, *, seed: int = 0) -> list[Walkthrough]:
    """Generated footage in which each of these people walks toward the camera once, four to a walk.

    Parameters
    ----------
    photos
        Name -> photograph whose head walks; one in which no face is found walks nowhere.

    Raises
    ------
    SettingError
        If there are no photographs with a face.
    """
    rng = np.random.default_rng(seed)
    walkers: list[Walker] = []
    for name, path in photos.items():
        portrait = _portrait(path, detector)
        if portrait is not None:
            walkers.append(
                Walker(name=name, portrait=portrait, clothes=_clothes(rng), height_m=rng.uniform(1.6, 1.88))
            )
    walks = []
    for start in range(0, len(walkers), _PER_WALK):
        group = [
            replace(walker, gait=_gait(place, rng))
            for place, walker in enumerate(walkers[start : start + _PER_WALK])
        ]
        walks.append(
            Walkthrough(
                group,
                fps=_WALK_FPS,
                seconds=12.0 + 1.6 * len(group),
                seed=seed * 10_000 + start,
                camera_id=f"walk-{start // _PER_WALK}",
            )
        )
    return walks


def _portrait(path: Path, detector: Detector) -> Portrait | None:
    try:
        image = read_image(path)
        shot = best_shot_of(image, detector, create("gate", "open"), pick="main")
    except (ImageError, EnrolmentError):
        return None
    x1, y1, x2, y2 = (float(value) for value in shot.box_px + np.tile(shot.origin_px, 2))
    return Portrait(image, (x1, y1, x2, y2))


def _clothes(rng: np.random.Generator) -> Clothes:
    red, green, blue = (int(value) for value in rng.integers(30, 120, 3))
    return Clothes(jacket=(red, green, blue))


def _gait(place: int, rng: np.random.Generator) -> Gait:
    """Side by side in four lanes, one and a half seconds apart, each at a pace of their own."""
    lane = -1.0 + 0.66 * place
    return Gait(
        start_s=1.5 * place + rng.uniform(0, 0.4),
        lane_m=(lane + rng.uniform(-0.15, 0.15), 0.45 * lane),
        speed_m_s=rng.uniform(1.25, 1.55),
        phase=rng.uniform(0, 1),
    )


def passes_of_walks(
    walks: Iterable[Walkthrough], detector: Detector, progress: Callable[[int], None] | None = None
) -> list[LabelledPass]:
    """The passes of generated footage: a found face is a walker's if it overlaps where the walker's truly is."""
    passes = []
    for walk in walks:
        shots: dict[str, list[BestShot]] = {walker.name: [] for walker in walk.walkers}
        for frame in walk:
            for name, shot in _shots_by_name(frame, walk, detector):
                shots[name].append(shot)
        passes += [LabelledPass(name, tuple(own), walk.n_frames) for name, own in shots.items()]
        if progress is not None:
            progress(1)
    return passes


def _shots_by_name(frame: Frame, walk: Walkthrough, detector: Detector) -> list[tuple[str, BestShot]]:
    true = [face for face in walk.truth(frame.frame_index) if face.visible >= _VISIBLE]
    (found,) = detector.detect([frame])
    boxes = np.array([face.box_px for face in true], np.float64).reshape(-1, 4)
    matches = match_boxes(found.boxes_px, found.detection_scores, boxes, smallest_iou=_OVERLAP)
    return [
        (true[column].name, crop_shot(frame, found, row))
        for row, column in enumerate(matches.true_of_found.tolist())
        if column >= 0
    ]


def chosen_shots(
    shots: Sequence[BestShot],
    *,
    every_nth: int = 1,
    n_best: int = 3,
    heights_px: tuple[float, float] = (0.0, float("inf")),
) -> list[BestShot]:
    """The shots a run would have compared: of every nth frame, within a range of sizes, the best few.

    Parameters
    ----------
    shots
        Of one pass, in order of time.
    every_nth
        Frames whose number is a multiple of it are looked at.
    n_best
        Shots, by quality; two are at least a fifth of a second apart, since neighbouring frames say the same.
    heights_px
        From, and below: of the box.
    """
    low, high = heights_px
    seen = [
        shot
        for shot in shots
        if shot.frame_index % every_nth == 0 and low <= shot.box_px[3] - shot.box_px[1] < high
    ]
    kept: list[BestShot] = []
    for shot in sorted(seen, key=lambda each: -each.quality):
        if all(abs(shot.position_s - other.position_s) >= _BETWEEN_SHOTS_S for other in kept):
            kept.append(shot)
        if len(kept) == n_best:
            break
    return kept
