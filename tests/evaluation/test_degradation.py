"""Referees: scipy.ndimage, Pillow, and numbers worked by hand."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from lfr_kit.errors import RecordError, SettingError
from lfr_kit.evaluation.degradation import (
    Degradation,
    blurred,
    contrasted,
    degraded,
    far_away,
    jpeg_worn,
    lit,
    motion_blurred,
    noisy,
)


@pytest.fixture(scope="module")
def picture():
    rng = np.random.default_rng(0)
    rough = rng.integers(0, 256, (12, 16, 3), dtype=np.uint8)
    made = np.array(Image.fromarray(rough).resize((160, 120), Image.Resampling.BICUBIC))
    made.flags.writeable = False
    return made


def grey(value, shape=(64, 64, 3)):
    return np.full(shape, value, np.uint8)


@pytest.mark.parametrize("sigma", [0.5, 1.0, 2.5, 6.0])
def test_blur_agrees_with_scipy(picture, sigma):
    exact = ndimage.gaussian_filter(picture.astype(float), (sigma, sigma, 0), mode="mirror")
    assert np.abs(blurred(picture, sigma) - exact).max() <= 1.5


@pytest.mark.parametrize("length", [3, 7, 15])
def test_motion_sideways_is_the_mean_of_so_many_pixels(picture, length):
    exact = ndimage.uniform_filter1d(picture.astype(float), length, axis=1, mode="mirror")
    assert np.abs(motion_blurred(picture, length) - exact).max() <= 1


def test_motion_upwards_is_motion_sideways_of_the_turned_picture(picture):
    turned = np.ascontiguousarray(np.rot90(picture))
    assert np.abs(motion_blurred(turned, 7, 90).astype(int) - np.rot90(motion_blurred(picture, 7))).max() <= 1


def test_motion_of_a_point_spreads_along_its_direction():
    point = grey(0, (41, 41, 3))
    point[20, 20] = 255
    spread = motion_blurred(point, 12, 45)[..., 0].astype(float)
    y, x = np.nonzero(spread > 0)
    assert spread.sum() == pytest.approx(255, abs=0.5 * np.count_nonzero(spread) + 1)
    assert np.polyfit(x - 20, 20 - y, 1, w=spread[y, x])[0] == pytest.approx(1.0, abs=0.05)
    assert np.hypot(np.ptp(x), np.ptp(y)) == pytest.approx(12, abs=2.5)


def test_far_away_agrees_with_pillow_s_box_filter(picture):
    small = far_away(picture, 40, 10)
    exact = np.array(Image.fromarray(picture).resize((40, 30), Image.Resampling.BOX))
    assert np.abs(small[45:75, 60:100].astype(int) - exact).max() <= 1
    assert small.shape == picture.shape
    assert np.ptp(small[:45].reshape(-1, 3), axis=0).max() == 0
    assert np.abs(small[0, 0] - picture.reshape(-1, 3).mean(0)).max() <= 0.5


def test_far_away_never_enlarges(picture):
    assert np.array_equal(far_away(picture, 40, 40), picture)
    assert np.array_equal(far_away(picture, 40, 120), picture)


@pytest.mark.parametrize(
    ("value", "light", "expected"), [(188, 0.5, 137), (188, 0.25, 99), (188, 1, 188), (188, 4, 255), (0, 4, 0)]
)
def test_light_counts_in_light_not_in_grey_levels(value, light, expected):
    """188 is half of full light (sRGB, by hand: 0.503); half of it is grey 137, a quarter of it 99."""
    assert lit(grey(value), light)[0, 0, 0] == pytest.approx(expected, abs=1)


def test_contrast_pulls_towards_the_mean():
    half = np.concatenate([grey(50), grey(150)])
    assert np.unique(contrasted(half, 0.5)).tolist() == [75, 125]
    assert np.unique(contrasted(half, 0)).tolist() == [100]


def test_noise_has_the_deviation_asked_for_and_repeats_by_seed():
    flat = grey(128, (200, 200, 3))
    found = noisy(flat, 12, seed=3).astype(float) - 128
    assert found.std() == pytest.approx(12, rel=0.02)
    assert found.mean() == pytest.approx(0, abs=0.15)
    assert abs(np.corrcoef(found[..., 0].ravel(), found[..., 1].ravel())[0, 1]) < 0.02
    assert np.array_equal(noisy(flat, 12, seed=3), noisy(flat, 12, seed=3))
    assert not np.array_equal(noisy(flat, 12, seed=3), noisy(flat, 12, seed=4))


def test_jpeg_is_pillow_s(picture):
    coded = io.BytesIO()
    Image.fromarray(picture).save(coded, "JPEG", quality=20, subsampling=2)
    assert np.array_equal(jpeg_worn(picture, 20), np.array(Image.open(coded)))


NEUTRAL = [
    lambda p: far_away(p, 10, 10),
    lambda p: blurred(p, 0),
    lambda p: motion_blurred(p, 0),
    lambda p: lit(p, 1),
    lambda p: contrasted(p, 1),
    lambda p: noisy(p, 0),
    lambda p: degraded(p, Degradation(), face_height_px=30),
]


@pytest.mark.parametrize("step", range(len(NEUTRAL)))
def test_every_step_does_nothing_at_its_neutral_value(picture, step):
    assert np.array_equal(NEUTRAL[step](picture), picture)


def test_degraded_goes_through_all_steps_in_a_camera_s_order(picture):
    whole = Degradation(
        face_height_px=20, blur_px=1, motion_px=3, light=0.5, contrast=0.8, noise=4, jpeg_quality=60
    )
    by_hand = motion_blurred(blurred(far_away(picture, 40, 20), 1), 3)
    by_hand = jpeg_worn(noisy(contrasted(lit(by_hand, 0.5), 0.8), 4, seed=9), 60)
    assert np.array_equal(degraded(picture, whole, face_height_px=40, seed=9), by_hand)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"blur_px": -1}, "blur"),
        ({"motion_px": -1}, "motion"),
        ({"light": -0.1}, "light"),
        ({"contrast": float("nan")}, "contrast"),
        ({"noise": -2}, "noise"),
        ({"jpeg_quality": 0}, "jpeg"),
        ({"face_height_px": 0}, "face height"),
    ],
    ids=lambda each: next(iter(each)) if isinstance(each, dict) else "",
)
def test_a_step_out_of_range_is_named(picture, wrong, words):
    with pytest.raises(SettingError, match=words):
        degraded(picture, Degradation(**wrong), face_height_px=30)


def test_what_is_no_picture_is_refused():
    with pytest.raises(RecordError, match="uint8"):
        degraded(np.zeros((4, 4, 3)), Degradation(), face_height_px=2)
