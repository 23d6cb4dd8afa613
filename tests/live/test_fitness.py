"""Fitness and drift of a camera's picture. Referee: pictures whose light, blur and scene are made on purpose."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from lfr_kit.live.camera_health import CameraCondition, CameraHealth
from lfr_kit.live.fitness import PictureWatch, fitness_findings, look_at


def scene(seed=0, light=1.0, blur=0.0) -> np.ndarray:
    """(360, 640, 3): a street of blocks, the same for a seed, with the grain of a sensor."""
    rng = np.random.default_rng(seed)
    blocks = cv2.resize(rng.integers(60, 200, (9, 16), np.uint8), (640, 360), interpolation=cv2.INTER_NEAREST)
    image = blocks.astype(np.float32) * light
    if blur:
        image = cv2.GaussianBlur(image, (0, 0), blur)
    image += np.random.default_rng().normal(0, 1.0, image.shape)
    return np.repeat(image.clip(0, 255).astype(np.uint8)[..., None], 3, axis=2)


def health(fps=25.0) -> CameraHealth:
    return CameraHealth("north", CameraCondition.LIVE, fps, 100, 0, 1, (640, 360), 0.0)


def faces(*heights) -> np.ndarray:
    return np.asarray([(0, 0, h * 0.8, h) for h in heights], np.float32).reshape(-1, 4)


def watched(*images) -> PictureWatch:
    watch = PictureWatch()
    for image in images:
        watch.look(image)
    return watch


def test_look_measures_light_as_numpy_does():
    image = scene(light=0.5)
    assert look_at(image).brightness == pytest.approx(image.mean(), abs=1.0)


def test_good_camera_has_nothing_against_it():
    watch = watched(scene())
    watch.faces(faces(60, 80, 100))
    assert watch.face_px_median == 80
    assert fitness_findings(health(), watch, 300.0) == []


@pytest.mark.parametrize(
    ("image", "fps", "face_px", "latency", "word"),
    [
        (scene(light=0.1), 25, 80, 300, "too dark"),
        (scene(light=3.0), 25, 80, 300, "too bright"),
        (scene(blur=12), 25, 80, 300, "not sharp"),
        (scene(), 4, 80, 300, "frames a second"),
        (scene(), 25, 18, 300, "px tall"),
        (scene(), 25, 80, 2500, "capture to alert"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_fault_is_found_alone_and_named(image, fps, face_px, latency, word):
    watch = watched(image)
    watch.faces(faces(face_px))
    (finding,) = fitness_findings(health(fps), watch, latency)
    assert word in finding


def test_camera_without_a_picture_or_a_face_says_what_can_be_said():
    assert "no picture" in fitness_findings(health(), PictureWatch())[0]
    assert fitness_findings(health(), watched(scene())) == []


@pytest.mark.parametrize(
    ("later", "word"),
    [({"light": 0.4}, "darker"), ({"blur": 10}, "less sharp"), ({"seed": 5}, "another scene"), ({}, None)],
)
def test_drift_from_the_first_looks_is_told(later, word):
    watch = watched(*[scene()] * 30, *[scene(**later) for _ in range(10)])
    told = watch.drift()
    assert (told == []) if word is None else any(word in each for each in told)


def test_passing_change_is_no_drift():
    assert watched(*[scene()] * 30, *[scene()] * 8, scene(seed=5), scene(seed=5)).drift() == []
