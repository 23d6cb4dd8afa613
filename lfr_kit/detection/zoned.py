"""The zone of recognition round any detector: a face outside it is dropped before anything else sees it.

References
----------
A narrow, defined zone of recognition per camera: Information Commissioner's Office, guidance on live facial
recognition; College of Policing APP.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from lfr_kit.detection.tiles import Zone, inside_zone, zone_px
from lfr_kit.records import Detections, Frame
from lfr_kit.stages import Detector

__all__ = ["ZonedDetector", "within_zone"]

_NO_BOXES = np.zeros((0, 4), np.float32)


def within_zone(detections: Detections, zone: Zone, size_wh: tuple[int, int]) -> Detections:
    """Those whose box centre lies in the zone or on its border.

    Parameters
    ----------
    detections
        Of one frame.
    zone
        Corners x y; relative to the frame where all lie in 0..1, else pixels.
    size_wh
        (width, height) of the frame in pixels.

    Raises
    ------
    SettingError
        If the zone is no polygon.
    """
    return detections[_is_inside(detections, zone, size_wh)]


def _is_inside(detections: Detections, zone: Zone, size_wh: tuple[int, int]) -> NDArray[np.bool_]:
    centres = (detections.boxes_px[:, :2] + detections.boxes_px[:, 2:]) / 2
    inside: NDArray[np.bool_] = np.asarray(inside_zone(centres, zone_px(zone, size_wh)), bool)
    return inside


class ZonedDetector:
    """A detector that sees only the zones of recognition.

    Parameters
    ----------
    detector
        Finds the faces.
    zones
        Camera id -> its zone. A camera without one is seen whole.

    Raises
    ------
    SettingError
        If a zone is no polygon.

    Examples
    --------
    >>> from lfr_kit.detection.scripted import ScriptedDetector
    >>> left_half = ((0, 0), (0.5, 0), (0.5, 1), (0, 1))
    >>> ZonedDetector(ScriptedDetector(), {"north": left_half}).detect([])
    []
    """

    def __init__(self, detector: Detector, zones: Mapping[str, Zone]) -> None:
        for zone in zones.values():
            zone_px(zone, (1, 1))
        self._detector = detector
        self._zones = dict(zones)
        self._outside: dict[str, NDArray[np.float32]] = {}

    @property
    def smallest_face_px(self) -> float | None:
        """Of the detector within; None if it does not say."""
        return getattr(self._detector, "smallest_face_px", None)

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """See `Detector.detect`; only faces within the zones."""
        found = self._detector.detect(frames)
        return [self._of_zone(frame, each) for frame, each in zip(frames, found, strict=True)]

    def outside_px(self, camera_id: str) -> NDArray[np.float32]:
        """(n, 4) boxes of the faces that were dropped from a camera's last frame: where, for covering, no more."""
        return self._outside.get(camera_id, _NO_BOXES)

    def _of_zone(self, frame: Frame, found: Detections) -> Detections:
        zone = self._zones.get(frame.camera_id)
        if zone is None:
            return found
        is_inside = _is_inside(found, zone, frame.size_wh)
        self._outside[frame.camera_id] = found.boxes_px[~is_inside]
        return found[is_inside]
