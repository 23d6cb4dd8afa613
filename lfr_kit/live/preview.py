"""What people may see of a camera: its frames, every face covered but those with an open alert.

Covering errs on the side of hiding. Faces outside the zone of recognition are covered as well, and so is all that
lies outside the zone. A face so small that the detector misses it is covered by nobody, so the whole picture is
shown without the detail it could be recognised by; only a face with an open alert is sharp. A frame in which
nobody looked for faces waits for the next in which somebody did, so that who appears between two is covered from
the first. The frame itself goes no further than this: what comes out is a JPEG.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from lfr_kit.detection.tiles import Zone, zone_px
from lfr_kit.errors import SettingError
from lfr_kit.records import Detections, Frame, Image, Tracks
from lfr_kit.reports.blur import blurred
from lfr_kit.reports.face_cover import Box, FaceCover, Region, with_margin

__all__ = ["NO_BOXES", "RECOGNISABLE_PX", "CameraPreview", "Outgoing", "PreviewForm", "veiled_outside"]

RECOGNISABLE_PX = 12.0
"""Height of a face in pixels at and below which nobody can well be recognised by it."""
_SHARP_MARGIN = 0.2
_COLUMNS = 24
"""Cells across a picture that are left of what lies outside the zone: a face near by spans a few."""
NO_BOXES = np.zeros((0, 4), np.float32)


@dataclass(frozen=True)
class PreviewForm:
    """How a preview is made.

    Attributes
    ----------
    width_px
        Largest width; a narrower frame is not enlarged. Where no face is shown sharp, it is `detail_wh` wide.
    jpeg_quality
        1 to 100.
    zone
        Of recognition; None = all the frame.
    smallest_face_px
        Height of the smallest face that the detector finds: a smaller one is covered by nobody, so the picture
        has no more detail than leaves `RECOGNISABLE_PX` of it. None = it finds any.

    Raises
    ------
    SettingError
        If a number is out of range, or the zone is no polygon.
    """

    width_px: int = 1280
    jpeg_quality: int = 80
    zone: Zone | None = None
    smallest_face_px: float | None = None

    def __post_init__(self) -> None:
        if self.width_px < 1:
            raise SettingError(f"width_px: at least 1, got {self.width_px}")
        if not 1 <= self.jpeg_quality <= 100:
            raise SettingError(f"jpeg_quality: 1 to 100, got {self.jpeg_quality}")
        if self.zone is not None:
            zone_px(self.zone, (1, 1))

    def size_wh(self, frame_wh: tuple[int, int]) -> tuple[int, int]:
        """(width, height) of the preview of frames of this size."""
        share = min(1.0, self.width_px / frame_wh[0])
        return _scaled(frame_wh, share)

    def detail_wh(self, frame_wh: tuple[int, int]) -> tuple[int, int]:
        """(width, height) of the pixels that are left of a frame wherever no face is shown on purpose."""
        limit = 1.0 if self.smallest_face_px is None else RECOGNISABLE_PX / self.smallest_face_px
        return _scaled(frame_wh, min(1.0, self.width_px / frame_wh[0], limit))


@dataclass(frozen=True, eq=False)
class Outgoing:
    """A frame on its way out, and what must be covered in it. In memory only, and not for long.

    Attributes
    ----------
    regions
        Where faces are or may be.
    places_px
        Track id -> (4,) its face's box, of those seen of late.
    alerts
        Track id -> alert id, of tracks whose face is shown.
    """

    frame: Frame
    regions: list[Region]
    places_px: Mapping[int, Box]
    alerts: Mapping[int, str] = field(default_factory=dict)

    def jpeg(self, form: PreviewForm) -> bytes:
        """The covered picture: of `PreviewForm.size_wh` where a face is shown on purpose, else of `detail_wh`."""
        frame_wh = self.frame.size_wh
        sharp = self.alerts.keys() & self.places_px.keys()
        size_wh = form.size_wh(frame_wh) if sharp else form.detail_wh(frame_wh)
        scale = np.tile(np.asarray(size_wh) / np.asarray(frame_wh), 2)
        shown = _resized(_resized(self.frame.image, form.detail_wh(frame_wh)), size_wh)
        for track_id in sharp:
            shown = _with_face(shown, self.frame.image, self.places_px[track_id], scale)
        shown = blurred(shown, (each.box_px * scale for each in self.regions if each.track_id not in self.alerts))
        if form.zone is not None:
            shown = veiled_outside(shown, zone_px(form.zone, frame_wh) * scale[:2])
        quality = [cv2.IMWRITE_JPEG_QUALITY, form.jpeg_quality]
        _, encoded = cv2.imencode(".jpg", cv2.cvtColor(shown, cv2.COLOR_RGB2BGR), quality)
        return encoded.tobytes()

    @cached_property
    def header(self) -> dict[str, Any]:
        """Which frame it is, and where the faces with an open alert are, in shares of its width and height."""
        size = np.tile(np.asarray(self.frame.size_wh, np.float64), 2)
        return {
            "camera_id": self.frame.camera_id,
            "frame_index": self.frame.frame_index,
            "captured_at": self.frame.captured_at.isoformat(),
            "boxes": [
                {"alert_id": alert_id, "box": np.round(self.places_px[track_id] / size, 4).tolist()}
                for track_id, alert_id in self.alerts.items()
                if track_id in self.places_px
            ],
        }


class CameraPreview:
    """Follows one camera, frame by frame.

    Parameters
    ----------
    n_waiting
        How many frames wait for the next in which faces are looked for; one less than `detect_every`.
    hold_s
        How long a face stays covered after the detector lost it.

    Raises
    ------
    SettingError
        If one of them is negative.
    """

    def __init__(self, *, n_waiting: int = 0, hold_s: float = 0.8) -> None:
        if n_waiting < 0:
            raise SettingError(f"n_waiting: must be 0 or more frames, got {n_waiting}")
        self._n_waiting = n_waiting
        self._cover = FaceCover(hold_s=hold_s)
        self._waiting: deque[Outgoing] = deque()
        self._looked_at = -1

    def take(
        self,
        frame: Frame,
        tracks: Tracks | None,
        alerts: Mapping[int, str],
        outside_px: NDArray[np.floating] = NO_BOXES,
    ) -> Outgoing | None:
        """Takes in a frame; the one that may go out now, this or an earlier one, if any may.

        Parameters
        ----------
        frame, tracks
            What the engine saw in it; None = it did not look.
        alerts
            Track id -> alert id, of faces with an open alert.
        outside_px
            (n, 4) faces outside the zone: covered, never tracked.
        """
        at_s = frame.position_s
        if tracks is not None:
            appeared = self._cover.see(_with(tracks, outside_px), at_s)
            for waiting in self._waiting:
                waiting.regions.extend(appeared)
            self._looked_at = frame.frame_index
        regions = self._cover.regions(at_s)
        self._waiting.append(Outgoing(frame, regions, self._places(regions, at_s)))
        if len(self._waiting) <= self._n_waiting:
            return None
        oldest = self._waiting.popleft()
        is_known = oldest.frame.frame_index <= self._looked_at
        return replace(oldest, alerts=dict(alerts)) if is_known else None

    def forget(self) -> None:
        """The stream broke or went dark: nothing waits, nobody is remembered."""
        self._waiting.clear()
        self._cover = FaceCover(hold_s=self._cover.hold_s)
        self._looked_at = -1

    def _places(self, regions: list[Region], at_s: float) -> dict[int, Box]:
        ids = {each.track_id for each in regions if each.track_id >= 0}
        boxes = {track_id: self._cover.box_of(track_id, at_s) for track_id in ids}
        return {track_id: box for track_id, box in boxes.items() if box is not None}


def _scaled(size_wh: tuple[int, int], share: float) -> tuple[int, int]:
    return max(1, round(size_wh[0] * share)), max(1, round(size_wh[1] * share))


def _resized(image: Image, size_wh: tuple[int, int]) -> Image:
    """Halved, or less, by means of whole pixels first: means of parts of pixels take fifteen times as long."""
    height, width = image.shape[:2]
    whole = min(width // size_wh[0], height // size_wh[1])
    if whole > 1 and width % whole == 0 == height % whole:
        image = np.asarray(cv2.resize(image, (width // whole, height // whole), interpolation=cv2.INTER_AREA))
    if (image.shape[1], image.shape[0]) == size_wh:
        return image
    return np.asarray(cv2.resize(image, size_wh, interpolation=cv2.INTER_LINEAR), np.uint8)


def _with_face(shown: Image, frame: Image, box_px: Box, scale: NDArray[np.float64]) -> Image:
    """The picture with one head as sharp as the frame has it."""
    frame_wh = np.asarray(frame.shape[1::-1])
    corners = np.clip(with_margin(box_px, _SHARP_MARGIN).reshape(2, 2), 0, frame_wh)
    (x1, y1), (x2, y2) = np.round(corners).astype(int)
    (u1, v1), (u2, v2) = np.round(corners * scale[:2]).astype(int)
    if min(x2 - x1, y2 - y1, u2 - u1, v2 - v1) < 1:
        return shown
    sharp = shown.copy()
    sharp[v1:v2, u1:u2] = _resized(frame[y1:y2, x1:x2], (u2 - u1, v2 - v1))
    return sharp


def veiled_outside(image: Image, corners_px: NDArray[np.floating]) -> Image:
    """A copy of an image in which all outside a polygon is coarse: shapes and light, nobody's features.

    Parameters
    ----------
    image
        (h, w, 3) uint8; not changed.
    corners_px
        (c, 2) x y of the polygon's corners in it.
    """
    height, width = image.shape[:2]
    inside = np.zeros((height, width), np.uint8)
    cv2.fillPoly(inside, [np.round(corners_px).astype(np.int32)], 1)
    cells = min(_COLUMNS, width), max(1, min(round(_COLUMNS * height / width), height))
    coarse = cv2.resize(image, cells, interpolation=cv2.INTER_AREA)
    veil = np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
    cv2.copyTo(image, inside, veil)
    return veil


def _with(tracks: Tracks, outside_px: NDArray[np.floating]) -> Tracks:
    """The faces of the zone, and those outside it as faces of no track."""
    n = len(outside_px)
    if not n:
        return tracks
    found = tracks.detections
    every = Detections(
        camera_id=found.camera_id,
        frame_index=found.frame_index,
        boxes_px=np.concatenate([found.boxes_px, np.asarray(outside_px, np.float32)]),
        landmarks_px=np.zeros((len(found) + n, 0, 2), np.float32),
        detection_scores=np.concatenate([found.detection_scores, np.ones(n, np.float32)]),
    )
    ids = np.concatenate([tracks.track_ids, np.full(n, -1, np.int64)])
    return Tracks(detections=every, track_ids=ids, ended_ids=tracks.ended_ids)
