"""From photographs to enrolled references.

A folder of references holds one photo per person, ``NAME.jpg``, or one folder per person, ``NAME/*.jpg``.
The photos of one person are fused into one reference, so one id is one person.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from lfr_kit.config import settings
from lfr_kit.errors import EnrolmentError, ImageError, InputError, SourceNotFoundError
from lfr_kit.records import BestShot, Detections, Frame, Image
from lfr_kit.registry import create
from lfr_kit.stages import Detector, QualityGate

if TYPE_CHECKING:
    from lfr_kit.pipeline import Pipeline

__all__ = [
    "EnrolmentReport",
    "Refusal",
    "best_shot_of",
    "bordered",
    "chosen_face",
    "enrol_folder",
    "is_picture_name",
    "references_in",
    "still_frame",
]

_UNREAD_SUFFIXES = frozenset({".heic", ".heif", ".dng", ".psd", ".jxl"})
"""Photos too, though none that is read: they are refused by name, never passed over."""
_UNSAFE_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})
_TURNS_TEXT = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_RIVAL_AREA = 0.3
"""A second face at least this large against the main one (by area) makes it unclear who is meant."""
_NO_PERSON = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Refusal:
    """A photo nobody was enrolled from: `reason` is a stable code, `message` says what to do."""

    path: Path
    reference_id: str
    reason: str
    message: str


@dataclass
class EnrolmentReport:
    """What became of a folder of photos.

    Attributes
    ----------
    shots
        Enrolled reference id -> its best shot (for the picture beside an alert).
    n_photos
        Enrolled reference id -> how many photos it was made from.
    refused
        Photos that were not used, then other files, and folders without a photo.
    """

    shots: dict[str, BestShot] = field(default_factory=dict)
    n_photos: dict[str, int] = field(default_factory=dict)
    refused: list[Refusal] = field(default_factory=list)


def references_in(folder: Path | str) -> dict[str, list[Path]]:
    """Reference id -> its photos, both sorted.

    Raises
    ------
    SourceNotFoundError
        If there is no such folder, or no photo in it.
    InputError
        If two photos or folders stand for the same id (``anna.jpg`` and ``anna.png``), or a name holds
        line breaks, control characters, marks that turn text around, or bytes that are no text.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise SourceNotFoundError(f"{folder}: no such folder; give a folder of photos, NAME.jpg or NAME/*.jpg")
    found: dict[str, list[Path]] = {}
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith("."):
            continue
        photos = sorted(p for p in entry.iterdir() if _is_picture(p)) if entry.is_dir() else [entry]
        name = entry.name if entry.is_dir() else entry.stem
        if not photos or not _is_picture(photos[0]):
            continue
        _check_name(folder, name)
        if name in found:
            raise InputError(
                f"{folder}: two references are named {name!r}; put one person's photos in a folder {name}/"
            )
        found[name] = photos
    if not found:
        raise SourceNotFoundError(f"{folder}: holds no photo; expected NAME.jpg or NAME/*.jpg")
    return found


def is_picture_name(name: str) -> bool:
    """Whether a file is a photo by its ending, also of a format that is not read, and not hidden."""
    from lfr_kit.sources.image_file import IMAGE_SUFFIXES

    is_photo = Path(name).suffix.lower() in IMAGE_SUFFIXES | _UNREAD_SUFFIXES
    return is_photo and not name.startswith(".")


def _is_picture(path: Path) -> bool:
    return is_picture_name(path.name) and path.is_file()


def _check_name(folder: Path, name: str) -> None:
    """A reference's name is shown to whoever decides and written to files: it must say what it seems to say."""
    if any(unicodedata.category(sign) in _UNSAFE_CATEGORIES or sign in _TURNS_TEXT for sign in name):
        raise InputError(
            f"{folder}: the name {name!a} holds characters that cannot be shown or mislead; rename it"
        )


def _passed_over(folder: Path) -> list[Refusal]:
    """What lies in the folder and stands for nobody: files that are no photos, folders without one."""
    found = []
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith(".") or _is_picture(entry):
            continue
        if not entry.is_dir():
            found.append(Refusal(entry, entry.stem, "not_a_photo", "not a photo by its ending; expected NAME.jpg"))
        elif not any(map(_is_picture, entry.iterdir())):
            found.append(Refusal(entry, entry.name, "no_photo", "holds no photo; expected NAME/*.jpg"))
    return found


def best_shot_of(
    image: Image, detector: Detector, gate: QualityGate, *, pick: Literal["only", "main"] = "only"
) -> BestShot:
    """The face of a still photo.

    Parameters
    ----------
    image
        (h, w, 3) uint8 RGB.
    detector, gate
        What finds the face and says whether it is good enough.
    pick
        ``"only"``: refuse a photo in which another face is nearly as large; ``"main"``: take the
        largest face nearest the middle.

    Raises
    ------
    EnrolmentError
        ``reason`` is ``"no_face"``, ``"several_faces"``, or the gate's first reason code.
    """
    frame, detections = _find_faces(image, detector)
    row = chosen_face(frame, detections, pick=pick)
    from lfr_kit.quality.crop import crop_shot

    (shot,) = gate.examine([crop_shot(frame, detections, row)])
    if not shot.is_usable:
        raise EnrolmentError(f"the face is not good enough ({', '.join(shot.reasons)})", reason=shot.reasons[0])
    return shot


def chosen_face(frame: Frame, detections: Detections, *, pick: Literal["only", "main"] = "only") -> int:
    """Which of a photo's faces is meant: its row. `pick` as in `best_shot_of`.

    Raises
    ------
    EnrolmentError
        ``reason`` is ``"no_face"`` or ``"several_faces"``.
    """
    if not len(detections):
        raise EnrolmentError(
            "no face found; use a photo in which the face is upright and in full view", reason="no_face"
        )
    order = np.argsort(-_prominence(detections, frame))
    areas = _areas(detections)[order]
    if pick == "only" and len(areas) > 1 and areas[1:].max() >= _RIVAL_AREA * areas[0]:
        raise EnrolmentError(
            f"{len(areas)} faces, and it is not clear whose photo this is; crop it to one person",
            reason="several_faces",
        )
    return int(order[0])


def _find_faces(image: Image, detector: Detector) -> tuple[Frame, Detections]:
    """Faces of a photo; one cropped so tightly that the detector misses the face gets a border first."""
    frame = still_frame(image)
    (detections,) = detector.detect([frame])
    if not len(detections):
        frame = still_frame(bordered(image))
        (detections,) = detector.detect([frame])
    return frame, detections


def bordered(image: Image) -> Image:
    """A photo, thinned out if it is huge, with a border of half its longer side repeated from its edge."""
    image = image[:: (step := 1 + max(image.shape[:2]) // 2000), ::step]
    border = max(image.shape[:2]) // 2
    return np.pad(image, ((border, border), (border, border), (0, 0)), mode="edge")


def still_frame(image: Image) -> Frame:
    """A photo as a frame of no camera."""
    return Frame(image=image, frame_index=0, captured_at=_NO_PERSON, camera_id="")


def _areas(detections: Detections) -> NDArray[np.float32]:
    sides = detections.boxes_px[:, 2:] - detections.boxes_px[:, :2]
    areas: NDArray[np.float32] = sides[:, 0] * sides[:, 1]
    return areas


def _prominence(detections: Detections, frame: Frame) -> NDArray[np.float32]:
    """Area, less where the face is off the middle: (n,), larger = more likely the person meant."""
    centres = (detections.boxes_px[:, :2] + detections.boxes_px[:, 2:]) / 2
    size = np.asarray(frame.size_wh, np.float32)
    offset = np.linalg.norm((centres - size / 2) / size, axis=1)
    weight: NDArray[np.float32] = np.exp(-4 * offset**2)
    return _areas(detections) * weight


def enrol_folder(
    pipeline: Pipeline,
    folder: Path | str,
    *,
    gate: QualityGate | None = None,
    progress: Callable[[], None] | None = None,
) -> EnrolmentReport:
    """Enrols everybody in a folder of photos; what cannot be used is reported, the rest go on.

    Parameters
    ----------
    pipeline
        Whose detector, embedder and matcher are used.
    folder
        ``NAME.jpg`` or ``NAME/*.jpg``.
    gate
        What says whether a photo is good enough; None = the `reference_gate` of the settings.
    progress
        Called after each photo.

    Raises
    ------
    SourceNotFoundError, InputError
        If the folder is absent, empty or ambiguous.
    EnrolmentError
        If nobody at all could be enrolled.
    """
    if gate is None:
        choice = settings().reference_gate
        gate = create("gate", choice.name, **choice.settings)
    report = EnrolmentReport()
    folder = Path(folder)
    for reference_id, photos in references_in(folder).items():
        shots = []
        for path in photos:
            try:
                shots.append(_shot_from(path, pipeline.detector, gate))
            except (EnrolmentError, ImageError) as error:
                report.refused.append(Refusal(path, reference_id, error.reason, str(error)))
            if progress is not None:
                progress()
        _enrol(pipeline, report, reference_id, shots)
    if not report.shots:
        first, n_refused = report.refused[0], len(report.refused)
        raise EnrolmentError(
            f"{folder}: nobody could be enrolled; {n_refused} {'photo' if n_refused == 1 else 'photos'} refused, "
            f"the first ({first.path.name}) because: {first.message}",
            reason=first.reason,
        )
    report.refused += _passed_over(folder)
    return report


def _shot_from(path: Path, detector: Detector, gate: QualityGate) -> BestShot:
    from lfr_kit.sources.image_file import read_image

    return best_shot_of(read_image(path), detector, gate)


def _enrol(pipeline: Pipeline, report: EnrolmentReport, reference_id: str, shots: list[BestShot]) -> None:
    from lfr_kit.embedding.fusion import fuse

    if not shots:
        return
    reference = fuse(pipeline.embedder.embed(shots))
    pipeline.matcher.enrol([reference_id], [reference])
    report.shots[reference_id] = max(shots, key=lambda shot: shot.quality)
    report.n_photos[reference_id] = len(shots)
