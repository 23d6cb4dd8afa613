"""Referees: dlib's own face finder against the stated truth, perspective worked by hand, the seed."""

import gc
import weakref
from itertools import pairwise

import numpy as np
import pytest

from lfr_kit.errors import ModelMissingError, SettingError
from lfr_kit.sources.cast import default_walkers
from lfr_kit.sources.figure import Portrait
from lfr_kit.sources.painting import jpeg_worn
from lfr_kit.sources.walking import Gait, View, standing_at
from lfr_kit.sources.walkthrough import Walker, Walkthrough
from tests.sources.conftest import numbered


@pytest.fixture
def walkers(portrait):
    """Two of the same face: one in front, one that is hidden behind it now and then."""
    head = Portrait(portrait, (160, 96, 365, 332))
    return (
        Walker("first", head, gait=Gait(start_s=0, lane_m=(0.2, -0.2), speed_m_s=1.5)),
        Walker("second", head, gait=Gait(start_s=1.5, lane_m=(0.2, -0.1), speed_m_s=1.5, phase=0.4), height_m=1.7),
    )


def small(walkers, **settings):
    return Walkthrough(walkers, **{"size_wh": (320, 180), "seconds": 0.4, **settings})


def test_walkthrough_gives_the_promised_frames(walkers):
    source = small(walkers, seconds=1.0, fps=10)
    frames = list(source)
    assert source.n_frames == len(frames) == 10
    assert [frame.frame_index for frame in frames] == list(range(10))
    assert np.allclose([frame.position_s for frame in frames], np.arange(10) / 10)
    assert frames[0].image.shape == (180, 320, 3)
    assert frames[0].captured_at < frames[1].captured_at
    assert not frames[0].image.flags.writeable


def test_walkthrough_default_is_720p_25_fps_and_12_s_or_more():
    source = Walkthrough()
    assert source.size_wh == (1280, 720)
    assert source.fps == 25
    assert source.n_frames >= 12 * 25


def test_walkthrough_same_seed_gives_the_same_pixels_and_another_seed_others(walkers):
    first, again, other = (list(small(walkers, seed=seed)) for seed in (3, 3, 4))
    assert all(np.array_equal(a.image, b.image) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0].image, other[0].image)


def test_walkthrough_frames_carry_noise_of_their_own(walkers):
    images = [frame.image[:20].astype(int) for frame in small((), seconds=0.2)]
    for a, b in pairwise(images):
        assert (a - b).std() > 1


def test_walkthrough_light_changes_over_time():
    means = [frame.image.mean() for frame in small((), seconds=4.0, fps=5)]
    assert max(means) / min(means) > 1.1


def test_walkthrough_faces_grow_from_24_to_160_px(walkers):
    source = Walkthrough(walkers, seconds=14)
    heights = [
        face.box_px[3] - face.box_px[1]
        for i in range(source.n_frames)
        for face in source.truth(i)
        if face.name == "first" and face.visible == 1
    ]
    assert 22 < heights[0] < 27
    assert max(heights) > 160
    assert np.mean(np.diff(heights) > 0) > 0.8


def test_walkthrough_people_hide_each_other(walkers):
    source = Walkthrough(walkers, seconds=14)
    shares = [face.visible for i in range(source.n_frames) for face in source.truth(i) if face.name == "second"]
    assert min(shares) < 0.5
    assert max(shares) == 1


def test_walkthrough_truth_agrees_with_dlib(walkers):
    import dlib

    find = dlib.get_frontal_face_detector()
    source = Walkthrough(walkers[:1], seconds=14)
    sizes = {i: np.diff(source.truth(i)[0].box_px[1::2])[0] for i in range(0, 240, 12)}
    large = [i for i, height in sizes.items() if 80 < height < 170]
    assert len(large) >= 2
    for i in large[:3]:
        x1, y1, x2, y2 = source.truth(i)[0].box_px
        found = find(np.ascontiguousarray(source.image(i)))
        assert len(found) == 1
        # dlib's box runs from the brows to the chin: its middle lies in the lower part of ours.
        middle = found[0].center()
        assert x1 + 0.35 * (x2 - x1) < middle.x < x1 + 0.65 * (x2 - x1)
        assert y1 + 0.4 * (y2 - y1) < middle.y < y1 + 0.85 * (y2 - y1)
        assert 0.6 < found[0].width() / (x2 - x1) < 1.4


def test_walkthrough_image_is_that_of_the_iteration(walkers):
    source = small(walkers)
    assert np.array_equal(source.image(7), [frame.image for frame in source][7])


def test_walkthrough_nobody_there_is_an_empty_street():
    source = small(())
    assert source.truth(0) == []
    assert len(list(source)) == source.n_frames


def test_walkthrough_lets_its_frames_go(walkers):
    alive = [weakref.ref(frame) for frame in small(walkers)]
    gc.collect()
    assert not [reference for reference in alive if reference() is not None]


def test_walkthrough_default_cast_shows_three_people_by_name():
    try:
        cast = default_walkers()
    except ModelMissingError:
        pytest.skip("needs the portraits: lfr models fetch")
    assert [walker.name for walker in cast] == ["barack_obama", "grace_hopper", "eileen_collins"]
    source = Walkthrough(cast)
    seen = {}
    for i in range(source.n_frames):
        for face in source.truth(i):
            if face.visible > 0.95:
                seen.setdefault(face.name, []).append(face.box_px[3] - face.box_px[1])
    assert set(seen) == {walker.name for walker in cast}
    assert all(min(heights) < 30 and max(heights) > 120 for heights in seen.values())
    assert source.truth(source.n_frames - 1)[-1:] == [] or source.truth(source.n_frames - 1)[0].visible < 1


def test_walkthrough_portrait_missing_raises_at_the_first_frame(monkeypatch):
    def missing(name):
        raise ModelMissingError(f"{name}: lfr models fetch {name}")

    monkeypatch.setattr("lfr_kit.sources.cast.model_path", missing)
    source = Walkthrough()
    with pytest.raises(ModelMissingError, match="portrait_obama_1"):
        next(iter(source))


@pytest.mark.parametrize("settings", [{"fps": 0}, {"seconds": -1}, {"size_wh": (10, 10)}])
def test_walkthrough_wrong_setting_raises_setting_error(settings):
    with pytest.raises(SettingError):
        Walkthrough((), **settings)


def test_view_projects_as_a_pinhole_does():
    view = View((1000, 500), focal_per_width=2.0, horizon_per_height=0.5, height_m=1.5)
    assert view.project(0.0, 1.5, 10.0) == (500, 250)  # eye height lies on the horizon
    assert view.project(1.0, 0.5, 10.0) == (700, 450)  # 2000 px focal length, 10 m away: 200 px per metre
    assert view.depth_of(38.0) == pytest.approx(10.0)  # 0.19 m


def test_standing_at_before_the_start_and_after_the_end_is_none():
    view = View((1280, 720))
    gait = Gait(start_s=2.0, speed_m_s=1.4)
    assert standing_at(gait, view, 1.9) is None
    assert standing_at(gait, view, 60.0) is None
    begin, later = standing_at(gait, view, 2.0), standing_at(gait, view, 4.0)
    assert begin.z_m - later.z_m == pytest.approx(2.8)
    assert begin.z_m == pytest.approx(view.depth_of(24))


def test_jpeg_worn_is_nearly_but_not_quite_the_same():
    picture = numbered(5)
    worn = jpeg_worn(picture, 80)
    assert not np.array_equal(worn, picture)
    assert np.abs(worn.astype(int) - picture).mean() < 4
