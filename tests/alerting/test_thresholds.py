"""The table of default thresholds."""

from __future__ import annotations

import numpy as np
import pytest

from lfr_kit.alerting import thresholds
from lfr_kit.alerting.thresholds import default_thresholds, threshold_at
from lfr_kit.errors import SettingError


@pytest.fixture
def table(monkeypatch):
    values = {
        ("net", "cosine"): {1: 0.4},
        ("net-large", "cosine"): {1: 0.6},
        ("net", "adaptive_s_norm"): {1: 5.0},
    }
    monkeypatch.setattr(thresholds, "DEFAULT_THRESHOLDS", values)


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize(
    ("space_id", "scale", "expected"),
    [("net/1f/a", "cosine", 0.4), ("net-large/1f", "cosine", 0.6), ("net/1f/a", "adaptive_s_norm", 5.0)],
)
def test_default_is_that_of_the_longest_name_on_the_scale(space_id, scale, expected):
    assert default_thresholds(space_id, scale) == {1: expected}


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize(("space_id", "scale"), [("other", "cosine"), ("net-large", "zt_norm")])
def test_space_never_measured_has_no_default(space_id, scale):
    with pytest.raises(SettingError, match="evaluate identify"):
        default_thresholds(space_id, scale)


def test_threshold_at_is_the_line_through_the_table_in_log_size():
    table = {100: 0.90, 400: 0.92, 1600: 0.93}
    fit = np.polyfit(np.log([100, 400]), [0.90, 0.92], 1)
    for n in (100, 173, 400):
        assert threshold_at(table, n) == pytest.approx(np.polyval(fit, np.log(n)))
    assert threshold_at(table, 25) == pytest.approx(0.88)
    assert threshold_at(table, 6400) == pytest.approx(0.94)
    assert threshold_at(table, 0) == threshold_at(table, 1)
    assert threshold_at({50: 0.8}, 5) == threshold_at({50: 0.8}, 50_000) == 0.8


def test_every_shipped_threshold_rises_with_the_list():
    for table in thresholds.DEFAULT_THRESHOLDS.values():
        values = [table[size] for size in sorted(table)]
        assert values == sorted(values)
        assert all(-1 < value < 1 for value in values)


def test_scores_less_rivals_need_no_higher_threshold_than_cosines():
    for space_id, scale in thresholds.DEFAULT_THRESHOLDS:
        if scale == "cosine_less_rivals":
            cosine = default_thresholds(space_id)
            less = default_thresholds(space_id, scale)
            assert all(threshold_at(less, n) <= threshold_at(cosine, n) for n in (25, 50, 100, 200, 400))
