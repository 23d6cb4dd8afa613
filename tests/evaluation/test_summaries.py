"""Referee: the keys the house has fixed, and the JSON standard."""

from __future__ import annotations

import json

import numpy as np
import pytest

from lfr_kit.evaluation.detection import detection_rates, match_boxes
from lfr_kit.evaluation.detection_study import DetectionStudy
from lfr_kit.evaluation.open_set_study import OpenSetPlan, matcher_maker, study_open_set
from lfr_kit.evaluation.photos import PhotoTemplates
from lfr_kit.evaluation.summaries import acquisition_summary, detection_summary, open_set_summary
from lfr_kit.records import Template

PEOPLE = np.repeat(np.arange(12), 2)


def photos():
    vectors = np.eye(12, dtype=np.float32)[PEOPLE]
    return PhotoTemplates(tuple(Template(vector=row, space_id="axes") for row in vectors), ("",) * 24)


def test_open_set_summary_is_plain_json_with_the_fixed_keys():
    study = study_open_set(PEOPLE, photos(), OpenSetPlan(4, n_draws=2, fpirs=(0.01, 1.0)), matcher_maker("exact"))
    found = open_set_summary(study)
    assert {"n_enrolled", "draws", "mated", "non_mated", "rank1", "tpir"} <= found.keys()
    assert (found["mated"], found["non_mated"], found["rank1"]) == (4, 16, 1)
    assert found["cmc"] == [1.0] * 4  # four enrolled, four ranks
    assert found["tpir"][1]["threshold"] is None  # at FPIR 100 % there is none: JSON has no infinity
    assert json.loads(json.dumps(found, allow_nan=False))["tpir"][0]["tpir"] == 1


def test_detection_summary_last_band_has_no_end():
    matches = match_boxes([[0, 0, 100, 100]], [0.9], [[0, 0, 100, 100]])
    found = detection_summary(DetectionStudy(detection_rates([matches]), {}, 16.0, 0.4))
    (band,) = found["by_height_px"]
    assert band.pop("interval") == pytest.approx((0.025, 1.0))
    assert band == {"from": 96.0, "to": None, "faces": 1, "recall": 1.0, "false_boxes": 0, "boxes": 1}
    json.dumps(found, allow_nan=False)


def test_acquisition_summary_counts_by_reason():
    some = PhotoTemplates((None, *photos().templates[:1], None), ("no_face", "", "no_face"))
    assert acquisition_summary(some) == {"photos": 3, "failed_to_acquire": 2, "failed_by_reason": {"no_face": 2}}
