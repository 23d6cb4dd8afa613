from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfr_kit.embedding.scripted import ScriptedEmbedder, colour_grid
from lfr_kit.errors import SettingError


def test_colour_grid_hand_worked_picture():
    image = np.zeros((2, 2, 3), np.uint8)
    image[0, 0] = 255
    expected = np.array([1, 1, 1, *([-1] * 9)]) / np.sqrt(12)
    np.testing.assert_allclose(colour_grid(image, 2), expected, atol=1e-6)


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 5), st.integers(0, 255))
def test_colour_grid_any_picture_gives_a_finite_unit_vector(height, width, n_cells, colour):
    vector = colour_grid(np.full((height, width, 3), colour, np.uint8), n_cells)
    assert vector.shape == (3 * n_cells**2,)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


def test_scripted_embedder_tells_shots_apart_and_repeats_itself(shots):
    embedder = ScriptedEmbedder()
    first, second = embedder.embed(shots), embedder.embed(shots)
    vectors = np.array([template.vector for template in first])
    np.testing.assert_array_equal(vectors, [template.vector for template in second])
    assert [template.shot for template in first] == shots
    assert vectors.shape[1] == embedder.dimension
    assert (vectors[0] @ vectors[2]) < 0.999


def test_scripted_embedder_reads_the_box_only(make_shot, portrait):
    outside = portrait.copy()
    outside[:50] = 0
    (a,), (b,) = (ScriptedEmbedder().embed([make_shot(image=image)]) for image in (portrait, outside))
    np.testing.assert_array_equal(a.vector, b.vector)


def test_scripted_embedder_no_shots_gives_no_templates():
    assert ScriptedEmbedder().embed([]) == []


def test_scripted_embedder_without_cells_is_refused():
    with pytest.raises(SettingError, match="n_cells"):
        ScriptedEmbedder(n_cells=0)
