"""Referees: counts that were published, and arithmetic by hand."""

from __future__ import annotations

import pytest

from lfr_kit.errors import RecordError, SettingError
from lfr_kit.evaluation.deployment_rates import (
    expected_false_alerts,
    false_alert_rate,
    false_alert_share,
    true_recognition_rate,
)
from lfr_kit.evaluation.rates import Rate


def test_the_published_rates():
    assert f"{false_alert_rate(7, 8600).value:.4%}" == "0.0814%"
    assert f"{false_alert_rate(1, 12120).value:.5%}" == "0.00825%"
    low, high = false_alert_rate(10, 3_147_436).interval()
    assert (f"{low:.3g}", f"{high:.3g}") == ("1.52e-06", "5.84e-06")
    assert f"{1 / false_alert_rate(27, 902_146).value:,.0f}" == "33,413"


def test_each_rate_names_its_own_denominator():
    said = [str(rate(2, 5)) for rate in (false_alert_rate, false_alert_share, true_recognition_rate)]
    assert said == ["2 of 5 faces seen", "2 of 5 alerts", "2 of 5 passes"]
    assert false_alert_share(0, 0).value is None


def test_more_false_alerts_than_faces_are_refused():
    with pytest.raises(RecordError):
        false_alert_rate(3, 2)


def test_expected_false_alerts_of_a_days_faces():
    # 1 in 6,000 measured on 60,000 passers-by, 14,055 faces a day
    found = expected_false_alerts(Rate(10, 60_000, "non-mated searches"), 14_055)
    assert found.expected == pytest.approx(14_055 / 6_000)
    low, high = Rate(10, 60_000, "x").interval()
    assert (found.low, found.high) == pytest.approx((low * 14_055, high * 14_055))


def test_expected_false_alerts_of_nothing_measured_is_not_zero():
    found = expected_false_alerts(Rate(0, 0, "non-mated searches"))
    assert (found.expected, found.low, found.high) == (None, 0, 10_000)
    with pytest.raises(SettingError, match="faces"):
        expected_false_alerts(Rate(0, 1, "x"), -1)
