"""What leaves the runner. Referee: the pixels of the JPEG as Pillow decodes them."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import numpy as np
import pytest
from PIL import Image

from lfr_kit.errors import SettingError
from lfr_kit.live.preview import CameraPreview, PreviewForm, veiled_outside
from lfr_kit.records import Detections, Frame, Tracks

WIDTH, HEIGHT = 640, 360
BOX, OTHER = (100, 100, 160, 180), (400, 120, 470, 210)


def street(*boxes) -> np.ndarray:
    """Grey, with fine stripes where faces are: what is covered has no stripes left."""
    image = np.full((HEIGHT, WIDTH, 3), 120, np.uint8)
    for x1, y1, x2, y2 in boxes:
        image[y1:y2, x1:x2] = 255 * (np.indices((y2 - y1, x2 - x1)).sum(0) // 4 % 2)[..., None]
    return image


def frame(index, *boxes) -> Frame:
    return Frame(
        image=street(*boxes),
        frame_index=index,
        captured_at=datetime(2026, 5, 4, 9, tzinfo=UTC),
        camera_id="north",
        position_s=index / 25,
    )


def tracks(index, *of) -> Tracks:
    """Track ids -> boxes."""
    return Tracks(
        detections=Detections(
            camera_id="north",
            frame_index=index,
            boxes_px=np.asarray([box for _, box in of], np.float32).reshape(-1, 4),
            landmarks_px=np.zeros((len(of), 0, 2)),
            detection_scores=np.ones(len(of)),
        ),
        track_ids=np.asarray([track_id for track_id, _ in of], np.int64),
        ended_ids=np.zeros(0, np.int64),
    )


def seen(outgoing, form=None) -> np.ndarray:
    picture = Image.open(io.BytesIO(outgoing.jpeg(form or PreviewForm())))
    assert not picture.getexif()
    return np.asarray(picture).astype(float)


def stripes(image, box) -> float:
    """How much of the fine pattern is left in a box: its mean step from pixel to pixel."""
    x1, y1, x2, y2 = box
    return float(np.abs(np.diff(image[y1:y2, x1:x2, 0], axis=1)).mean())


def test_measure_sees_the_pattern_where_nothing_is_covered():
    assert stripes(street(BOX).astype(float), BOX) > 50


def test_every_face_is_covered_but_the_one_with_an_open_alert():
    preview = CameraPreview()
    outgoing = preview.take(frame(0, BOX, OTHER), tracks(0, (1, BOX), (2, OTHER)), {2: "A-2"})
    image = seen(outgoing)
    assert stripes(image, BOX) < 5
    assert stripes(image, OTHER) > 50
    assert outgoing.header["boxes"] == [
        {"alert_id": "A-2", "box": pytest.approx([400 / WIDTH, 120 / HEIGHT, 470 / WIDTH, 210 / HEIGHT], abs=1e-3)}
    ]


def test_face_is_covered_again_once_its_alert_is_decided():
    preview = CameraPreview()
    preview.take(frame(0, BOX), tracks(0, (1, BOX)), {1: "A-1"})
    outgoing = preview.take(frame(1, BOX), tracks(1, (1, BOX)), {})
    assert stripes(seen(outgoing), BOX) < 5
    assert outgoing.header["boxes"] == []


def test_face_that_the_detector_loses_stays_covered_for_a_while():
    preview = CameraPreview(hold_s=0.8)
    preview.take(frame(0, BOX), tracks(0, (1, BOX)), {})
    assert stripes(seen(preview.take(frame(10, BOX), tracks(10), {})), BOX) < 5
    assert stripes(seen(preview.take(frame(60, BOX), tracks(60), {})), BOX) > 50


def test_face_of_no_track_is_covered():
    outgoing = CameraPreview().take(frame(0, BOX), tracks(0, (-1, BOX)), {})
    assert stripes(seen(outgoing), BOX) < 5


def test_face_outside_the_zone_is_covered_though_nobody_tracks_it():
    outgoing = CameraPreview().take(frame(0, BOX), tracks(0), {}, np.asarray([BOX], np.float32))
    assert stripes(seen(outgoing), BOX) < 5


def test_frame_nobody_looked_at_waits_and_who_appears_in_the_next_is_covered_in_it():
    preview = CameraPreview(n_waiting=1)
    assert preview.take(frame(0), tracks(0), {}) is None
    first = preview.take(frame(1, BOX), None, {})
    assert first.frame.frame_index == 0
    second = preview.take(frame(2, BOX), tracks(2, (1, BOX)), {})
    assert second.frame.frame_index == 1
    assert stripes(seen(second), BOX) < 5


def test_frame_that_nothing_was_looked_for_after_never_goes_out():
    preview = CameraPreview(n_waiting=1)
    assert preview.take(frame(0, BOX), None, {}) is None
    assert preview.take(frame(1, BOX), None, {}) is None


def test_forgotten_stream_shows_nothing_of_before():
    preview = CameraPreview(n_waiting=1)
    preview.take(frame(0, BOX), tracks(0, (1, BOX)), {1: "A-1"})
    preview.forget()
    assert preview.take(frame(1), tracks(1), {1: "A-1"}) is None
    outgoing = preview.take(frame(2), tracks(2), {1: "A-1"})
    assert (outgoing.frame.frame_index, outgoing.header["boxes"]) == (1, [])


def test_outside_the_zone_nothing_fine_is_left_and_inside_nothing_is_lost():
    image = street(BOX, OTHER)
    left_half = np.asarray([(0, 0), (WIDTH / 2, 0), (WIDTH / 2, HEIGHT), (0, HEIGHT)])
    veiled = veiled_outside(image, left_half).astype(float)
    assert stripes(veiled, OTHER) < 5
    assert np.array_equal(veiled[:, : WIDTH // 2], image[:, : WIDTH // 2])


@pytest.mark.parametrize("zone", [((0, 0), (0.5, 0), (0.5, 1), (0, 1)), ((0, 0), (320, 0), (320, 360), (0, 360))])
def test_zone_in_shares_or_pixels_veils_the_smaller_preview_alike(zone):
    outgoing = CameraPreview().take(frame(0, OTHER), tracks(0), {})
    image = seen(outgoing, PreviewForm(width_px=320, zone=zone))
    assert image.shape == (180, 320, 3)
    assert stripes(image, [side // 2 for side in OTHER]) < 5


def test_face_too_small_for_the_detector_is_lost_for_want_of_detail_and_an_alerted_one_is_sharp():
    form = PreviewForm(smallest_face_px=36)
    unseen = (300, 60, 324, 92)
    outgoing = CameraPreview().take(frame(0, unseen, OTHER), tracks(0, (2, OTHER)), {2: "A-2"})
    image = seen(outgoing, form)
    assert stripes(seen(outgoing), unseen) > 50
    assert stripes(image, unseen) < stripes(seen(outgoing), unseen) / 2
    assert stripes(image, OTHER) > 50
    assert form.detail_wh((1920, 1080)) == (640, 360)


def test_face_at_the_border_of_the_frame_is_sharp_as_far_as_it_is_there():
    over_the_edge = (600, 300, 700, 400)
    outgoing = CameraPreview().take(frame(0), tracks(0, (1, over_the_edge)), {1: "A-1"})
    assert seen(outgoing, PreviewForm(width_px=320, smallest_face_px=36)).shape == (180, 320, 3)


def test_preview_is_never_larger_than_its_frame():
    assert PreviewForm(width_px=1280).size_wh((640, 360)) == (640, 360)
    assert PreviewForm(width_px=1280).size_wh((1920, 1080)) == (1280, 720)


@pytest.mark.parametrize("wrong", [{"width_px": 0}, {"jpeg_quality": 0}, {"zone": ((0, 0), (1, 1))}])
def test_form_that_cannot_be_is_refused(wrong):
    with pytest.raises(SettingError):
        PreviewForm(**wrong)
