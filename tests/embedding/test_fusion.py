from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

from lfr_kit.embedding.fusion import TrackFusion, fuse
from lfr_kit.errors import RecordError, SettingError, SpaceMismatchError
from lfr_kit.records import Template


def unit(*values: float) -> np.ndarray:
    return np.array(values, np.float32) / np.linalg.norm(values)


@pytest.fixture
def make_template(make_shot):
    tiny = np.zeros((2, 2, 3), np.uint8)

    def make(vector, quality=50.0, track_id=1, camera_id="a", space_id="s", n_shots=1):
        shot = make_shot(image=tiny, quality=quality, track_id=track_id, camera_id=camera_id)
        return Template(vector=unit(*vector), space_id=space_id, shot=shot, n_shots=n_shots)

    return make


def test_fuse_two_at_right_angles_leans_to_the_better_shot(make_template):
    fused = fuse([make_template((1, 0), 10), make_template((0, 1), 20)])
    np.testing.assert_allclose(fused.vector, (1 / np.sqrt(5), 2 / np.sqrt(5)), atol=1e-6)
    assert fused.n_shots == 2
    assert fused.shot.quality == 20
    assert fused.space_id == "s"


def test_fuse_counts_shots_not_templates(make_template):
    fused = fuse([make_template((1, 0), n_shots=3), make_template((0, 1))])
    np.testing.assert_allclose(fused.vector, unit(3, 1), atol=1e-6)
    assert fused.n_shots == 4


def test_fuse_one_template_comes_back_unchanged(make_template):
    template = make_template((1, 2))
    assert fuse([template]) is template


def test_fuse_templates_without_shots_gives_one_without(make_template):
    fused = fuse([Template(vector=unit(1, 0), space_id="s"), Template(vector=unit(1, 1), space_id="s")])
    assert fused.shot is None


def test_fuse_two_spaces_are_refused(make_template):
    with pytest.raises(SpaceMismatchError, match="other"):
        fuse([make_template((1, 0)), make_template((1, 0), space_id="other")])


@pytest.mark.parametrize("vectors", [[], [(1, 0), (-1, 0)]], ids=["none", "opposite"])
def test_fuse_without_a_direction_raises(make_template, vectors):
    with pytest.raises(RecordError):
        fuse([make_template(vector) for vector in vectors])


def test_track_fusion_keeps_the_best_by_quality(make_template):
    fusion = TrackFusion(n_best=2)
    fusion.add([make_template((1, 0, 0), quality=90), make_template((0, 1, 0), quality=10)])
    (fused,) = fusion.add([make_template((0, 0, 1), quality=50)])
    np.testing.assert_allclose(fused.vector, unit(90, 0, 50), atol=1e-6)
    assert fused.n_shots == 2
    assert fused.shot.quality == 90


def test_track_fusion_worse_template_changes_nothing(make_template):
    fusion = TrackFusion(n_best=1)
    (first,) = fusion.add([make_template((1, 0), quality=90)])
    (second,) = fusion.add([make_template((0, 1), quality=10)])
    np.testing.assert_array_equal(first.vector, second.vector)


def test_track_fusion_gives_one_template_per_track_in_order_of_appearance(make_template):
    templates = [
        make_template((1, 0), track_id=5),
        make_template((1, 1), track_id=-1),
        make_template((0, 1), track_id=2),
        make_template((0, 1), track_id=5),
        make_template((1, 2), track_id=-1),
    ]
    fused = TrackFusion().add(templates)
    assert [template.shot.track_id for template in fused] == [5, -1, 2, -1]
    assert fused[1] is templates[1]
    np.testing.assert_allclose(fused[0].vector, unit(1, 1), atol=1e-6)


def test_track_fusion_same_track_id_of_two_cameras_is_two_tracks(make_template):
    fused = TrackFusion().add([make_template((1, 0)), make_template((0, 1), camera_id="b")])
    assert [template.n_shots for template in fused] == [1, 1]


def test_track_fusion_untracked_templates_are_not_kept(make_template):
    fusion = TrackFusion()
    fusion.add([make_template((1, 0), track_id=-1), Template(vector=unit(1, 0), space_id="s")])
    assert len(fusion) == 0


def test_track_fusion_forgotten_track_is_let_go(make_template):
    fusion = TrackFusion()
    template = make_template((1, 0))
    watched = [weakref.ref(template), weakref.ref(template.shot)]
    fused = fusion.add([template, make_template((0, 1))])
    watched.append(weakref.ref(fused[0]))
    del template, fused
    gc.collect()
    assert watched[0]() is not None
    fusion.forget("a", [1, 99])
    gc.collect()
    assert [one() for one in watched] == [None, None, None]
    assert len(fusion) == 0


def test_track_fusion_crowded_out_template_is_let_go(make_template):
    fusion = TrackFusion(n_best=1)
    poor = make_template((1, 0), quality=1)
    watched = weakref.ref(poor)
    fusion.add([poor])
    del poor
    fusion.add([make_template((0, 1), quality=99)])
    gc.collect()
    assert watched() is None


def test_track_fusion_forget_keeps_other_tracks(make_template):
    fusion = TrackFusion()
    fusion.add([make_template((1, 0)), make_template((1, 0), track_id=2), make_template((1, 0), camera_id="b")])
    fusion.forget("a", np.array([1]))
    assert len(fusion) == 2


def test_track_fusion_forgotten_camera_leaves_the_others(make_template):
    fusion = TrackFusion()
    fusion.add([make_template((1, 0)), make_template((1, 0), track_id=2), make_template((0, 1), camera_id="b")])
    fusion.forget_camera("a")
    fusion.forget_camera("never seen")
    assert len(fusion) == 1
    assert fusion.add([make_template((0, 1), camera_id="b")])[0].n_shots == 2


def test_track_fusion_none_to_keep_is_refused():
    with pytest.raises(SettingError, match="n_best"):
        TrackFusion(n_best=0)
