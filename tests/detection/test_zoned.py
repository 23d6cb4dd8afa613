"""The zone of recognition: outside it nobody is seen."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from lfr_kit.detection.zoned import ZonedDetector, within_zone
from lfr_kit.errors import SettingError
from lfr_kit.records import Detections, Frame

LEFT_HALF = ((0, 0), (0.5, 0), (0.5, 1), (0, 1))
LEFT_40_PX = ((0, 0), (40, 0), (40, 50), (0, 50))


class TwoFaces:
    """One left, one right, in every frame of 100 x 50."""

    def detect(self, frames):
        return [
            Detections(
                camera_id=frame.camera_id,
                frame_index=frame.frame_index,
                boxes_px=[[10, 10, 30, 30], [60, 10, 80, 30]],
                landmarks_px=np.zeros((2, 6, 2)),
                detection_scores=[0.9, 0.8],
            )
            for frame in frames
        ]


def frame(camera_id: str) -> Frame:
    image = np.zeros((50, 100, 3), np.uint8)
    return Frame(image=image, frame_index=3, captured_at=datetime(2026, 5, 4, tzinfo=UTC), camera_id=camera_id)


@pytest.mark.parametrize("zone", [LEFT_HALF, LEFT_40_PX])
def test_zoned_detector_drops_who_is_outside(zone):
    (found,) = ZonedDetector(TwoFaces(), {"north": zone}).detect([frame("north")])
    assert found.boxes_px.tolist() == [[10, 10, 30, 30]]
    assert found.detection_scores.tolist() == pytest.approx([0.9])
    assert (found.camera_id, found.frame_index) == ("north", 3)


def test_zoned_detector_camera_without_zone_is_seen_whole():
    north, south = ZonedDetector(TwoFaces(), {"north": LEFT_HALF}).detect([frame("north"), frame("south")])
    assert (len(north), len(south)) == (1, 2)


def test_within_zone_centre_on_the_border_is_inside():
    (found,) = TwoFaces().detect([frame("north")])
    to_the_centre = ((0, 0), (20, 0), (20, 50), (0, 50))
    assert len(within_zone(found, to_the_centre, (100, 50))) == 1


def test_zoned_detector_without_three_corners_is_refused():
    with pytest.raises(SettingError, match="three or more"):
        ZonedDetector(TwoFaces(), {"north": ((0, 0), (1, 1))})
