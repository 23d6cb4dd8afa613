"""The rule of the running false alert rate, against published figures and a referee."""

from __future__ import annotations

import pytest
from scipy.stats import beta

from lfr_kit.errors import RecordError
from lfr_kit.governance.false_alert_watch import CEILING, Colour, watch


@pytest.mark.parametrize(
    ("n_false", "n_faces", "printed"),
    [(7, 8600, "0.0814"), (1, 12120, "0.00825"), (1, 3940, "0.0254")],
)
def test_rate_of_published_deployments_is_as_computed_by_hand(n_false, n_faces, printed):
    assert f"{100 * watch(n_false, n_faces).rate.value:.3g}" == printed


def test_interval_of_a_published_year():
    low, high = watch(10, 3_147_436).interval
    assert (low, high) == (pytest.approx(1.52e-6, rel=5e-3), pytest.approx(5.84e-6, rel=5e-3))


def test_one_false_alert_in_616_faces_is_shown_and_does_not_trip():
    found = watch(1, 616)
    assert found.colour is Colour.AMBER
    assert (round(1 / found.interval[1]), round(1 / found.interval[0])) == (111, 24_331)
    assert "1 in 111 to 1 in 24,331" in str(found)


@pytest.mark.parametrize("n_false", [1, 2, 3, 5, 8, 20])
def test_colours_change_where_the_exact_bound_crosses_the_ceiling(n_false):
    """The lower bound of Clopper and Pearson is a quantile of the beta distribution: found here by search."""
    red_up_to = next(
        n - 1 for n in range(n_false, 100_000) if beta.ppf(0.025, n_false, n - n_false + 1) <= CEILING
    )
    assert watch(n_false, red_up_to).colour is Colour.RED
    assert watch(n_false, red_up_to + 1).colour is Colour.AMBER
    assert watch(n_false, 1000 * n_false - 1).colour is Colour.AMBER
    assert watch(n_false, 1000 * n_false).colour is Colour.GREEN


def test_no_false_alert_is_green_however_few_faces():
    assert [watch(0, n).colour for n in (0, 1, 10_000)] == [Colour.GREEN] * 3
    assert watch(0, 5000).interval[1] == pytest.approx(1 - 0.025 ** (1 / 5000))


def test_faces_not_counted_yet_excuse_nothing():
    assert watch(2, 0).colour is Colour.RED
    assert str(watch(2, 0).rate) == "2 of 2 faces seen"


@pytest.mark.parametrize(("n_false", "n_faces"), [(-1, 10), (1, -1)])
def test_negative_counts_are_refused(n_false, n_faces):
    with pytest.raises(RecordError):
        watch(n_false, n_faces)
