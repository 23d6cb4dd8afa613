from __future__ import annotations

import cv2
import numpy as np
import pytest

from lfr_kit.embedding.align import DLIB_CHIP
from lfr_kit.embedding.crops import CropPlan, check_crops, crop_transforms, cut, embed_shots
from lfr_kit.errors import SettingError


class MeanColours:
    """A network whose descriptor is the mean colour of each quarter of the chip."""

    def __init__(self) -> None:
        self.n_calls = 0

    def run(self, batch: np.ndarray) -> list[np.ndarray]:
        self.n_calls += 1
        quarters = batch.reshape(len(batch), 2, 75, 2, 75, 3).mean(axis=(2, 4))
        return [quarters.reshape(len(batch), -1).astype(np.float32)]


@pytest.mark.parametrize(
    ("crops", "without_mesh", "with_mesh"),
    [("single", 1, 1), ("mirror", 2, 2), ("jitter", 10, 10), ("many", 10, 20)],
)
def test_crop_transforms_give_the_documented_number(make_shot, mesh, crops, without_mesh, with_mesh):
    assert len(crop_transforms(make_shot(), DLIB_CHIP, crops)) == without_mesh
    assert len(crop_transforms(make_shot(mesh_px=mesh), DLIB_CHIP, crops)) == with_mesh


def test_crop_transforms_all_differ(make_shot, mesh):
    transforms = crop_transforms(make_shot(mesh_px=mesh), DLIB_CHIP, "many")
    assert len({tuple(t.ravel().round(6)) for t in transforms}) == 20


def test_crop_transforms_mirror_is_the_flipped_chip(make_shot, portrait):
    plain, mirrored = (
        chip.astype(int) for chip in cut(portrait, crop_transforms(make_shot(), DLIB_CHIP, "mirror"), 150)
    )
    assert np.abs(plain[:, ::-1] - mirrored).max() <= 8  # OpenCV rounds positions to 1/32 pixel
    assert np.abs(plain - mirrored).mean() > 10


def test_crop_transforms_jitter_moves_key_points_as_written(make_shot):
    shot = make_shot()
    plain, *others = (
        (t[:, :2] @ shot.landmarks_px.T).T + t[:, 2] for t in crop_transforms(shot, DLIB_CHIP, "jitter")[::2]
    )
    spread = np.linalg.norm(plain[0] - plain[1])
    scales = [np.linalg.norm(moved[0] - moved[1]) / spread for moved in others]
    np.testing.assert_allclose(scales, [1.06, 1.12, 1, 1], rtol=1e-6)
    np.testing.assert_allclose([(m - plain)[0] for m in others[2:]], [(4, 0), (0, 4)], atol=1e-6)


def test_cut_large_face_is_averaged_not_sampled(portrait):
    fine = np.indices((1500, 1500)).sum(axis=0) % 2 * 255
    image = np.repeat(fine[..., None], 3, axis=2).astype(np.uint8)
    (chip,) = cut(image, [np.array([(0.1, 0, -0.45), (0, 0.1, -0.45)])], 150)
    assert np.abs(chip.astype(int) - 127).max() <= 2


@pytest.mark.parametrize("scale", [1.0, 0.71, 0.5, 0.2])
def test_cut_any_scale_keeps_things_where_they_are(scale):
    image = np.zeros((900, 900, 3), np.uint8)
    cv2.circle(image, (300, 420), 60, (255, 255, 255), -1)
    (chip,) = cut(image, [np.array([(scale, 0, 0), (0, scale, 0)])], 900)
    rows, columns = np.nonzero(chip[..., 0] > 127)
    np.testing.assert_allclose((columns.mean(), rows.mean()), (300 * scale, 420 * scale), atol=0.6)


def test_cut_beyond_the_picture_is_black(portrait):
    (chip,) = cut(portrait, [np.array([(1.0, 0, 75), (0, 1.0, 0)])], 150)
    assert not chip[:, :74].any()
    np.testing.assert_array_equal(chip[:, 75:], portrait[:150, :75])


def test_embed_shots_one_crop_is_the_networks_answer_made_unit(make_shot, portrait):
    found = embed_shots([make_shot()], DLIB_CHIP, CropPlan("single", "single"), MeanColours())
    chips = cut(portrait, crop_transforms(make_shot(), DLIB_CHIP, "single"), 150)
    expected = MeanColours().run(np.stack(chips).astype(np.float32))[0][0]
    np.testing.assert_allclose(found[0], expected / np.linalg.norm(expected), atol=1e-6)


def test_embed_shots_several_crops_are_summed_as_unit_vectors(make_shot, mesh, portrait):
    shot = make_shot(mesh_px=mesh)
    found = embed_shots([shot], DLIB_CHIP, CropPlan("many", "many"), MeanColours())
    chips = cut(portrait, crop_transforms(shot, DLIB_CHIP, "many"), 150)
    each = MeanColours().run(np.stack(chips).astype(np.float32))[0]
    total = (each / np.linalg.norm(each, axis=1, keepdims=True)).sum(axis=0)
    np.testing.assert_allclose(found[0], total / np.linalg.norm(total), atol=1e-6)


def test_embed_shots_shots_share_batches_and_keep_their_order(shots):
    network = MeanColours()
    together = embed_shots(shots, DLIB_CHIP, CropPlan("mirror", "mirror"), network)
    assert network.n_calls == 1
    alone = [embed_shots([shot], DLIB_CHIP, CropPlan("mirror", "mirror"), MeanColours())[0] for shot in shots]
    np.testing.assert_allclose(together, alone, atol=1e-6)


def test_embed_shots_many_shots_hold_a_bounded_number_of_chips(shots):
    sizes = []

    class Watching(MeanColours):
        def run(self, batch):
            sizes.append(len(batch))
            return super().run(batch)

    embed_shots(shots * 20, DLIB_CHIP, CropPlan("many", "many"), Watching())
    assert max(sizes) <= 160
    assert sum(sizes) == 20 * (4 * 10 + 20)


def test_embed_shots_does_not_change_the_shots(make_shot, portrait):
    before = portrait.copy()
    embed_shots([make_shot()], DLIB_CHIP, CropPlan("many", "many"), MeanColours())
    np.testing.assert_array_equal(portrait, before)


def test_check_crops_unknown_word_lists_the_right_ones():
    with pytest.raises(SettingError, match="single, mirror, jitter, many"):
        check_crops("lots")
