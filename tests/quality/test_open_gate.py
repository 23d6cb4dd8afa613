"""Referee: the shots themselves."""

from __future__ import annotations

from lfr_kit.quality.reasons import REASONS
from lfr_kit.registry import create


def test_examine_passes_every_shot_unchanged(shot_of, portrait):
    shots = [shot_of(), shot_of(portrait // 9)]
    judged = create("gate", "open").examine(shots)
    assert all(a is b for a, b in zip(shots, judged, strict=True))
    assert judged is not shots


def test_reasons_each_have_a_sentence():
    assert set(REASONS) == {
        "face_too_small",
        "too_blurred",
        "turned_away",
        "too_dark",
        "too_bright",
        "no_face_mesh",
        "cut_off",
    }
    assert all(sentence.endswith(".") and len(sentence) > 20 for sentence in REASONS.values())
