"""Which threshold a measurement supports, for which list."""

from __future__ import annotations

from datetime import date

import pytest
from lived import plan
from pydantic import ValidationError
from scipy.stats import beta, binom

from lfr_kit.alerting.thresholds import DEFAULT_THRESHOLDS
from lfr_kit.governance.calibration import (
    Calibration,
    Measurement,
    choice_refusals,
    threshold_refusals,
    valid_until,
)
from lfr_kit.governance.shipped_calibrations import SHIPPED_CALIBRATIONS
from lfr_kit.matching.choose_matcher import choose_matcher

RIVALS, DLIB = SHIPPED_CALIBRATIONS
MAY = date(2026, 5, 4)


def calibration(*measured: tuple[int, float, int, int], **changes) -> Calibration:
    return Calibration(
        **{
            "calibration_id": "made-up-1",
            "space_id": "dlib_resnet:55533b28:keypoints-mesh.v1",
            "score_scale": "cosine",
            "measured_on": date(2026, 1, 31),
            "measured_with": "Numbers made up by hand for a test of the rule.",
            "measurements": tuple(
                Measurement(n_enrolled=n, threshold=t, n_false=k, n_searches=m) for n, t, k, m in measured
            ),
            **changes,
        }
    )


@pytest.mark.parametrize(("k", "m"), [(0, 4000), (5, 12_000), (23, 39_414)])
def test_upper_bound_at_the_measured_size_is_clopper_pearson(k, m):
    found = calibration((100, 0.6, k, m)).upper_fpir(0.6, 100)
    assert found == pytest.approx(beta.ppf(0.975, k + 1, m - k), rel=1e-9)


def test_upper_bound_rises_with_the_list_and_never_falls_below_the_measured():
    found = calibration((100, 0.6, 5, 100_000))
    at_100 = found.upper_fpir(0.6, 100)
    assert found.upper_fpir(0.6, 1) == at_100
    assert found.upper_fpir(0.6, 500) == pytest.approx(5 * at_100, rel=1e-3)


def test_upper_bound_of_a_longer_list_bounds_a_shorter_one_by_cosine_only():
    found = calibration((100, 0.6, 5, 100_000), score_scale="cosine_less_rivals")
    assert found.upper_fpir(0.6, 99) is None
    assert found.floor(99) is None
    assert found.upper_fpir(0.6, 100) == calibration((100, 0.6, 5, 100_000)).upper_fpir(0.6, 1)
    assert found.upper_fpir(0.6, 500) == pytest.approx(5 * found.upper_fpir(0.6, 100), rel=1e-3)


def test_upper_bound_of_a_threshold_below_all_that_was_measured_is_not_known():
    assert calibration((100, 0.6, 5, 100_000)).upper_fpir(0.59, 100) is None


def test_floor_is_the_lowest_measured_threshold_that_keeps_the_ceiling():
    found = calibration((100, 0.60, 200, 100_000), (100, 0.62, 50, 100_000), (100, 0.64, 0, 100_000))
    assert found.floor(100) == 0.62
    assert found.floor(150) == 0.62  # up to 0.66 per 1,000 at 100
    assert found.floor(152) == 0.64
    assert found.floor(1000) == 0.64
    assert found.floor(1001) is None  # more than ten times as long as any that was searched


def test_floor_with_too_few_searches_is_none_however_clean_they_were():
    assert calibration((100, 0.9, 0, 3_000)).floor(1) is None


def test_extrapolation_is_marked():
    found = calibration((100, 0.6, 0, 100_000))
    assert [found.is_extrapolated(n) for n in (99, 100, 101)] == [False, False, True]


@pytest.mark.parametrize("n_enrolled", [1, 2, 3, 4, 5, 7, 10, 25, 60, 100, 200, 399, 400, 440])
def test_shipped_floor_keeps_one_in_a_thousand_at_every_size_it_gives_one_for(n_enrolled):
    for shipped in SHIPPED_CALIBRATIONS:
        floor = shipped.floor(n_enrolled)
        assert shipped.upper_fpir(floor, n_enrolled) <= 1 / 1000
        assert threshold_refusals(shipped, floor, n_enrolled) == []
        assert len(threshold_refusals(shipped, floor - 0.0001, n_enrolled)) == 1


def test_shipped_are_of_both_scales_and_the_default_one_comes_first():
    assert [each.calibration_id for each in SHIPPED_CALIBRATIONS] == ["dlib_resnet-lfw-3", "dlib_resnet-lfw-2"]
    assert [each.score_scale for each in SHIPPED_CALIBRATIONS] == ["cosine_less_rivals", "cosine"]
    assert choose_matcher("exact", RIVALS.space_id).score_scale == RIVALS.score_scale


def test_shipped_less_rivals_is_the_cosine_where_nobody_else_is_listed_and_lower_on_long_lists():
    alone = [[each for each in shipped.measurements if each.n_enrolled == 1] for shipped in SHIPPED_CALIBRATIONS]
    assert alone[0] == alone[1]
    assert [RIVALS.floor(n) for n in (1, 10, 100, 400, 600)] == [0.9335, 0.9479, 0.9540, 0.9662, 0.9670]
    assert all(RIVALS.floor(n) <= DLIB.floor(n) for n in range(1, 441))
    assert [RIVALS.floor(n) for n in (700, 1_000, 4_000)] == [None] * 3


def test_shipped_less_rivals_is_not_below_the_thresholds_for_exploring():
    for n_enrolled, threshold in DEFAULT_THRESHOLDS["dlib_resnet", "cosine_less_rivals"].items():
        assert RIVALS.floor(n_enrolled) >= threshold


def test_shipped_floor_rises_with_the_list():
    floors = [DLIB.floor(n) for n in range(1, 441)]
    assert floors == sorted(floors)


def test_shipped_promises_nothing_for_lists_that_its_searches_do_not_suffice_for():
    assert [DLIB.floor(n) for n in (460, 1_000, 4_000)] == [None] * 3


def test_shipped_floor_is_not_below_the_thresholds_for_exploring():
    for n_enrolled, threshold in DEFAULT_THRESHOLDS["dlib_resnet", "cosine"].items():
        assert DLIB.floor(n_enrolled) >= threshold


def test_shipped_is_none_for_facenet():
    assert not [each for each in SHIPPED_CALIBRATIONS if each.space_id.startswith("facenet")]


def test_shipped_survives_json():
    for shipped in SHIPPED_CALIBRATIONS:
        assert Calibration.model_validate_json(shipped.model_dump_json()) == shipped


def test_list_too_long_for_the_calibration_is_refused_whatever_the_threshold():
    (line,) = threshold_refusals(DLIB, 1.0, 4001)
    assert "4,001" in line
    assert "1,140" in line


def test_list_is_refused_exactly_where_chance_carries_its_upper_bound_over_the_ceiling():
    found = calibration((1_000, 0.6, 10, 100_000))
    fmr = 1 - (1 - beta.ppf(0.975, 11, 100_000 - 10)) ** (1 / 1_000)
    sizes = range(1_000, 10_001, 250)
    refused = [bool(threshold_refusals(found, 0.6, n)) for n in sizes]
    assert refused == [binom.sf(0, n, fmr) > 1 / 1000 for n in sizes]
    assert any(refused)
    assert not all(refused)


def test_threshold_below_the_floor_says_what_would_be_expected():
    (line,) = threshold_refusals(DLIB, 0.9510, 400)
    assert "floor 0.9801" in line
    assert "1 false alert in" in line
    assert "nobody measured it" in threshold_refusals(DLIB, 0.5, 400)[0]


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"space_id": "dlib_resnet:55533b28:keypoints-mesh.v2"}, "is of space"),
        ({"score_scale": "adaptive_s_norm"}, "is on scale"),
        ({"measured_on": date(2025, 5, 3)}, "held until 2026-05-03"),
    ],
)
def test_choice_of_a_calibration_that_does_not_fit_is_refused(changes, what):
    (line,) = choice_refusals(calibration((100, 0.6, 0, 100_000), **changes), plan(), MAY)
    assert what in line


def test_choice_of_a_calibration_that_fits_is_taken_and_of_none_refused():
    assert choice_refusals(calibration((1, 0.6, 0, 10_000)), plan(), MAY) == []
    assert "is not known" in choice_refusals(None, plan(), MAY)[0]


@pytest.mark.parametrize(
    ("measured_on", "last"),
    [
        (date(2025, 5, 4), date(2026, 5, 4)),
        (date(2025, 12, 31), date(2026, 12, 31)),
        (date(2024, 2, 29), date(2025, 3, 1)),
    ],
)
def test_valid_until_is_twelve_months_on(measured_on, last):
    assert valid_until(calibration((1, 0.6, 0, 10), measured_on=measured_on)) == last


@pytest.mark.parametrize(
    "measured", [(0, 0.6, 0, 10), (1, 0.6, 11, 10), (1, 0.6, -1, 10), (1, float("nan"), 0, 10)]
)
def test_measurement_that_cannot_be_is_refused(measured):
    with pytest.raises(ValidationError):
        calibration(measured)


def test_calibration_without_a_measurement_is_refused():
    with pytest.raises(ValidationError):
        calibration()


def test_choice_of_a_threshold_below_the_floor_of_any_list_is_refused():
    shipped = DLIB
    refusals = choice_refusals(shipped, plan(threshold=0.6), shipped.measured_on)
    assert [refusal.partition(":")[0] for refusal in refusals] == ["threshold"]
    assert choice_refusals(shipped, plan(threshold=shipped.floor(1)), shipped.measured_on) == []
