"""Referees: MediaPipe's own API on the same pictures, and places where a face was pasted."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from lfr_kit import settings
from lfr_kit.detection.blazeface import box_iou
from lfr_kit.detection.blazeface_tiled import BlazeFaceTiledDetector, cut_squares, resized
from lfr_kit.detection.mediapipe_face import MediaPipeFaceDetector
from lfr_kit.detection.tiles import plan_tiles
from lfr_kit.errors import ModelMissingError, SettingError
from lfr_kit.runtime import host_precision

pytestmark = pytest.mark.usefixtures("weights")


@pytest.fixture(scope="module")
def tiled():
    return BlazeFaceTiledDetector()


@pytest.fixture(scope="module")
def face_in_portrait(make_frame, portrait):
    """The face's box in the portrait, by MediaPipe."""
    with MediaPipeFaceDetector() as referee:
        return referee.detect([make_frame(portrait)])[0].boxes_px[0]


def squares_of(portrait):
    """The portrait shrunk, turned, mirrored, darkened and on a larger ground, each exactly 192 px square."""
    for angle, shrink, gain in [(0, 0.32, 1.0), (20, 0.25, 0.7), (-35, 0.2, 1.2), (0, 0.12, 1.0)]:
        turn = cv2.getRotationMatrix2D((256, 230), angle, shrink)
        turn[:, 2] += 96 - np.array([256, 230])
        square = cv2.warpAffine(portrait, turn, (192, 192), flags=cv2.INTER_AREA)
        yield np.clip(square * gain, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("precision", ["f32", "auto"])
@pytest.mark.parametrize("range_", ["full", "short"])
def test_detect_whole_frame_agrees_with_mediapipe(make_frame, portrait, range_, precision, monkeypatch):
    """In f32 to the sixth digit; where the processor computes in bf16, as near as its eight bits allow."""
    monkeypatch.setenv("LFR_RUNTIME__PRECISION", precision)
    settings.cache_clear()
    side = {"full": 192, "short": 128}[range_]
    frames = [make_frame(cv2.resize(s, (side, side), interpolation=cv2.INTER_AREA)) for s in squares_of(portrait)]
    ours = BlazeFaceTiledDetector(range=range_, rows=0, min_detection_score=0.3).detect(frames)
    with MediaPipeFaceDetector(range=range_, min_detection_score=0.3) as referee:
        theirs = referee.detect(frames)
    settings.cache_clear()
    is_bf16 = precision == "auto" and host_precision() == "bf16"
    assert sum(map(len, theirs)) == 4
    for a, b in zip(ours, theirs, strict=True):
        assert len(a) == len(b)
        np.testing.assert_allclose(a.detection_scores, b.detection_scores, atol=0.03 if is_bf16 else 1e-5)
        np.testing.assert_allclose(a.landmarks_px, b.landmarks_px, atol=1.0 if is_bf16 else 1e-3)
        np.testing.assert_allclose(a.boxes_px, b.boxes_px, atol=2)  # theirs are cut to whole pixels


def test_detect_whole_frame_of_any_shape_agrees_with_mediapipe(make_frame, portrait):
    wide = cv2.copyMakeBorder(portrait, 20, 10, 300, 60, cv2.BORDER_CONSTANT, value=(90, 90, 90))
    frames = [
        make_frame(portrait),
        make_frame(wide),
        make_frame(np.ascontiguousarray(wide.transpose(1, 0, 2)[::-1])),
    ]
    ours = BlazeFaceTiledDetector(rows=0).detect(frames[:2])
    with MediaPipeFaceDetector() as referee:
        theirs = referee.detect(frames[:2])
    for a, b in zip(ours, theirs, strict=True):
        assert len(a) == len(b) == 1
        assert box_iou(a.boxes_px, b.boxes_px)[0, 0] > 0.9
        assert abs(a.detection_scores[0] - b.detection_scores[0]) < 0.05  # they reduce without averaging


def test_detect_finds_small_faces_the_whole_frame_hides(make_frame, street, tiled, face_in_portrait):
    places = [(60, 40), (900, 60), (1700, 500), (700, 850)]
    frame = make_frame(street(34, *places))
    with MediaPipeFaceDetector() as referee:
        assert len(referee.detect([frame])[0]) == 0
    found = tiled.detect([frame])[0]
    expected = face_in_portrait * (34 / 204) + np.array([(x, y, x, y) for x, y in places])
    iou = box_iou(expected.astype(np.float32), found.boxes_px)
    assert iou.shape == (4, 4)
    assert (iou.max(axis=1) > 0.6).all()


def test_detect_face_on_a_tile_border_is_found_once_and_whole(make_frame, street, tiled, face_in_portrait):
    # Every place along a line that crosses the borders of several tiles, both ways.
    for step in range(0, 520, 40):
        x, y = 380 + step, 380 + step // 4
        found = tiled.detect([make_frame(street(110, (x, y)))])[0]
        expected = (face_in_portrait * (110 / 204) + (x, y, x, y)).astype(np.float32)
        assert len(found) == 1, (x, y, found.boxes_px)
        assert box_iou(expected[None], found.boxes_px)[0, 0] > 0.6


def test_detect_face_larger_than_a_tile_is_found_once(make_frame, portrait, tiled, face_in_portrait):
    picture = np.full((1080, 1920, 3), 110, np.uint8)
    large = cv2.resize(portrait, None, fx=1.75, fy=1.75)
    picture[: large.shape[0], 600 : 600 + large.shape[1]] = large
    found = tiled.detect([make_frame(picture)])[0]
    expected = (face_in_portrait * 1.75 + (600, 0, 600, 0)).astype(np.float32)
    assert len(found) == 1
    assert box_iou(expected[None], found.boxes_px)[0, 0] > 0.7


def test_detect_frames_of_several_cameras_and_sizes_keep_their_order(make_frame, portrait, street, tiled):
    frames = [
        make_frame(street(60, (300, 300)), 3, "b"),
        make_frame(np.zeros((50, 60, 3), np.uint8), 4, "a"),
        make_frame(portrait, 5, "a"),
    ]
    together = tiled.detect(frames)
    assert [(d.camera_id, d.frame_index, len(d)) for d in together] == [("b", 3, 1), ("a", 4, 0), ("a", 5, 1)]
    for frame, found in zip(frames, together, strict=True):
        alone = tiled.detect([frame])[0]
        np.testing.assert_allclose(alone.boxes_px, found.boxes_px, atol=1e-2)


def test_detect_no_frames_gives_nothing():
    assert BlazeFaceTiledDetector().detect([]) == []


@pytest.mark.parametrize("size_wh", [(1, 1), (3000, 2), (2, 300), (191, 193)])
def test_detect_frames_of_odd_sizes_are_looked_at(make_frame, tiled, size_wh):
    assert len(tiled.detect([make_frame(np.zeros((size_wh[1], size_wh[0], 3), np.uint8))])[0]) == 0


@pytest.mark.parametrize(
    "zone", [[(0.5, 0), (1, 0), (1, 1), (0.5, 1)], [(960, 0), (1920, 0), (1920, 1080), (960, 1080)]]
)
def test_detect_faces_outside_the_zone_are_dropped(make_frame, street, zone):
    image = street(60, (300, 300), (1300, 300))
    zoned = BlazeFaceTiledDetector(zones={"gate": zone})
    inside = zoned.detect([make_frame(image, camera_id="gate")])[0]
    elsewhere = zoned.detect([make_frame(image, camera_id="other")])[0]
    assert len(elsewhere) == 2
    assert len(inside) == 1
    assert inside.boxes_px[0, 0] > 1300
    assert len(zoned.plan("gate", (1920, 1080))) < len(zoned.plan("other", (1920, 1080)))


def test_zone_for_every_camera_is_not_for_photographs():
    nowhere = [(0, 0), (0.01, 0), (0, 0.01)]
    zoned, plain = BlazeFaceTiledDetector(zones={"*": nowhere}), BlazeFaceTiledDetector()
    assert len(zoned.plan("", (1920, 1080))) == len(plain.plan("", (1920, 1080)))
    assert len(zoned.plan("gate", (1920, 1080))) < len(plain.plan("gate", (1920, 1080)))


def test_detect_zone_for_every_camera_gives_way_to_a_cameras_own(make_frame, street):
    left, everywhere = [(0, 0), (0.5, 0), (0.5, 1), (0, 1)], [(0, 0), (1, 0), (1, 1), (0, 1)]
    zoned = BlazeFaceTiledDetector(zones={"*": left, "wide": everywhere})
    image = street(60, (300, 300), (1300, 300))
    found = zoned.detect([make_frame(image, camera_id="any"), make_frame(image, camera_id="wide")])
    assert [len(d) for d in found] == [1, 2]


@pytest.mark.parametrize(
    "wrong",
    [
        {"range": "middle"},
        {"smallest_face_px": 0},
        {"smallest_face_px": float("nan")},
        {"rows": -1},
        {"min_detection_score": 0},
        {"min_detection_score": 1.0},
        {"zones": {"a": [(0, 0), (1, 1)]}},
    ],
)
def test_detector_setting_out_of_range_is_refused(wrong):
    with pytest.raises(SettingError, match=next(iter(wrong))):
        BlazeFaceTiledDetector(**wrong)


def test_detector_without_weights_names_the_line_that_fetches_them(make_frame, portrait, monkeypatch, tmp_path):
    monkeypatch.setenv("LFR_MODELS_DIR", str(tmp_path))
    settings.cache_clear()
    try:
        with pytest.raises(ModelMissingError, match="lfr models fetch blazeface_full_range"):
            BlazeFaceTiledDetector().detect([make_frame(portrait)])
    finally:
        monkeypatch.undo()
        settings.cache_clear()


def test_cut_squares_show_the_frame_where_the_plan_says():
    x, y = np.meshgrid(np.arange(1920), np.arange(1080))
    image = np.dstack([x / 1920 * 255, y / 1080 * 255, np.full_like(x, 80)]).astype(np.uint8)
    plan = plan_tiles((1920, 1080), 2, side_px=192)
    squares = cut_squares(image, plan)
    for square, area in zip(squares, plan.areas_px, strict=True):
        for u, v in [(30, 80), (96, 96), (170, 110)]:
            at = area[:2] + (np.array([u, v]) + 0.5) / 192 * (area[2:] - area[:2])
            np.testing.assert_allclose(square[v, u], [at[0] / 1920 * 255, at[1] / 1080 * 255, 80], atol=2)
    assert (squares[-1][:42] == 0).all()


@pytest.mark.parametrize("size_wh", [(640, 360), (642, 361), (192, 108), (960, 540), (1900, 1069)])
def test_resized_is_as_good_as_area_averaging(street, size_wh):
    image = street(150, (100, 100), (900, 500))
    expected = cv2.resize(image, size_wh, interpolation=cv2.INTER_AREA).astype(int)
    difference = np.abs(resized(image, size_wh).astype(int) - expected)
    assert difference.mean() < 1
    dropping = np.abs(cv2.resize(image, size_wh, interpolation=cv2.INTER_NEAREST).astype(int) - expected)
    assert difference.mean() <= dropping.mean()


@pytest.mark.real_footage
def test_detect_tiles_of_street_footage_find_what_mediapipe_finds_in_them(make_frame, testdata, tiled):
    """Recall within a point or two of the Tasks API shown the same eight tiles one by one (over few frames)."""
    capture = cv2.VideoCapture(str(testdata / "video" / "covent_garden_1080p.mp4"))
    plan = tiled.plan("a", (1920, 1080))
    n_theirs = n_shared = 0
    with MediaPipeFaceDetector() as referee:
        for index in range(0, 100, 20):
            capture.set(cv2.CAP_PROP_POS_FRAMES, index)
            image = np.ascontiguousarray(capture.read()[1][..., ::-1])
            ours = tiled.detect([make_frame(image)])[0]
            for x1, y1, x2, y2 in np.clip(np.rint(plan.areas_px[:-1]), 0, (1920, 1080) * 2).astype(int):
                theirs = referee.detect([make_frame(np.ascontiguousarray(image[y1:y2, x1:x2]))])[0]
                sure = theirs[theirs.detection_scores > 0.6]  # not those at the threshold itself
                iou = box_iou(sure.boxes_px + np.float32([x1, y1, x1, y1]), ours.boxes_px)
                n_theirs += len(sure)
                n_shared += int((iou.max(axis=1, initial=0) > 0.4).sum())
    capture.release()
    assert n_theirs > 20
    assert n_shared >= 0.95 * n_theirs
