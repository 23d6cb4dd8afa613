"""A detector on pictures with drawn boxes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from inspect import signature
from pathlib import Path

from numpy.typing import ArrayLike

from lfr_kit.config import StageChoice, settings
from lfr_kit.evaluation.detection import BoxMatches, DetectionRates, detection_rates, match_boxes
from lfr_kit.records import Frame
from lfr_kit.registry import create, factory
from lfr_kit.sources.image_file import read_image
from lfr_kit.stages import Detector

__all__ = ["DetectionStudy", "detector_for", "study_detection"]

_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, eq=False)
class DetectionStudy:
    """Result over all pictures, the matches of each, and what was counted."""

    rates: DetectionRates
    matches: dict[Path, BoxMatches]
    smallest_face_px: float
    smallest_iou: float


def detector_for(name: str | None, smallest_face_px: float) -> tuple[str, Detector]:
    """Name and detector, told the smallest face wanted if it can be; None = the one in the settings.

    Raises
    ------
    UnknownAlgorithmError, SettingError
        If there is no such detector, or no such size.
    """
    choice = settings().detector if name is None else StageChoice(name=name)
    takes_size = "smallest_face_px" in signature(factory("detector", choice.name)).parameters
    size = {"smallest_face_px": smallest_face_px} if takes_size else {}
    return choice.name, create("detector", choice.name, **{**choice.settings, **size})


def study_detection(
    boxes_px: Mapping[Path, ArrayLike],
    detector: Detector,
    *,
    smallest_face_px: float = 16.0,
    smallest_iou: float = 0.4,
    progress: Callable[[int], None] | None = None,
) -> DetectionStudy:
    """Looks for faces in every picture, one at a time.

    Parameters
    ----------
    boxes_px
        Picture -> (m, 4) drawn boxes.
    smallest_face_px
        Recall is over faces at least this high.
    smallest_iou
        What counts as found.

    Raises
    ------
    ImageError
        If a picture cannot be read: a study with holes would not be comparable.
    SettingError
        If `smallest_iou` is out of range.
    """
    matches: dict[Path, BoxMatches] = {}
    for index, (path, true_px) in enumerate(boxes_px.items()):
        frame = Frame(image=read_image(path), frame_index=index, captured_at=_NO_TIME, camera_id="")
        (found,) = detector.detect([frame])
        matches[path] = match_boxes(found.boxes_px, found.detection_scores, true_px, smallest_iou=smallest_iou)
        if progress is not None:
            progress(1)
    rates = detection_rates(list(matches.values()), smallest_face_px=smallest_face_px)
    return DetectionStudy(rates, matches, smallest_face_px, smallest_iou)
