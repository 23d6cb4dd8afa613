"""The table of default thresholds."""

from __future__ import annotations

import pytest

from lfr_kit.alerting import thresholds
from lfr_kit.alerting.thresholds import default_threshold
from lfr_kit.errors import SettingError


@pytest.fixture
def table(monkeypatch):
    values = {("net", "cosine"): 0.4, ("net-large", "cosine"): 0.6, ("net", "adaptive_s_norm"): 5.0}
    monkeypatch.setattr(thresholds, "DEFAULT_THRESHOLDS", values)


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize(
    ("space_id", "scale", "expected"),
    [("net/1f/a", "cosine", 0.4), ("net-large/1f", "cosine", 0.6), ("net/1f/a", "adaptive_s_norm", 5.0)],
)
def test_default_is_that_of_the_longest_name_on_the_scale(space_id, scale, expected):
    assert default_threshold(space_id, scale) == expected


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize(("space_id", "scale"), [("other", "cosine"), ("net-large", "zt_norm")])
def test_space_never_measured_has_no_default(space_id, scale):
    with pytest.raises(SettingError, match="calibrate"):
        default_threshold(space_id, scale)
