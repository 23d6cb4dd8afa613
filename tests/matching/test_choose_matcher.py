"""What searches score where nobody said: by embedding space, by an authority, by the settings."""

from __future__ import annotations

import pytest

from lfr_kit.alerting.thresholds import DEFAULT_THRESHOLDS
from lfr_kit.errors import SettingError
from lfr_kit.matching.choose_matcher import choose_matcher, usual_normalisation
from lfr_kit.matching.one_person import verification_threshold
from lfr_kit.matching.rivals import rival_scale

DLIB, FACENET = "dlib_resnet:19.24.v1", "facenet_vggface2:v1"


def scale(name, space_id, score_scale=None, **settings):
    return choose_matcher(name, space_id, score_scale, **settings).score_scale


def test_scores_are_less_rivals_where_that_was_measured_to_find_more():
    assert scale("exact", DLIB) == rival_scale()
    assert scale("exact", FACENET) == "cosine", "nobody measured it"
    assert scale("annoy_index", DLIB) == "cosine", "it knows no rivals"


def test_authority_says_the_scale_and_settings_stand_over_it():
    assert scale("exact", DLIB, "cosine") == "cosine"
    assert scale("exact", FACENET, rival_scale()) == rival_scale()
    assert scale("exact", DLIB, rival_scale(), normalisation="none") == "cosine"
    assert scale("annoy_index", DLIB, rival_scale()) == "cosine", "which its user is told, and nothing opens"


def test_other_rivals_than_the_usual_stay_another_scale():
    assert scale("exact", DLIB, n_impostors=5) == rival_scale(5)
    assert scale("exact", DLIB, rival_scale(), rival_from=0.9) == rival_scale(rival_from=0.9)


def test_setting_that_does_not_belong_is_refused():
    with pytest.raises(SettingError, match="rival_from"):
        choose_matcher("exact", FACENET, rival_from=0.5)


@pytest.mark.parametrize(("name", "scale_of_it"), [key for key in DEFAULT_THRESHOLDS if key[1] == rival_scale()])
def test_space_whose_scores_are_less_rivals_has_thresholds_and_rivals(name, scale_of_it):
    assert usual_normalisation(f"{name}:v") == "rivals"
    assert 0 < verification_threshold(name) < 1
