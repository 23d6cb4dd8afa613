"""From a budget to a threshold. Referees: scipy's beta and binomial, and NPL's figures at two list sizes."""

from __future__ import annotations

from datetime import date

import pytest
from scipy.stats import beta, binom

from governance.test_calibration import calibration
from lfr_kit.errors import SettingError, SpaceMismatchError, TableError
from lfr_kit.governance.calibration import Calibration, Measurement
from lfr_kit.governance.calibration_file import calibration_of_figures, read_calibration, write_calibration
from lfr_kit.governance.measured_differences import differences_of_figures
from lfr_kit.governance.threshold_choice import choose_threshold, expected_at

NPL = calibration((1_000, 0.60, 10, 600_000), (10_000, 0.60, 100, 600_000), (10_000, 0.64, 0, 600_000))
DATA = "Volunteers of a study who passed a camera ten times each; no children among them"
ROWS = [
    {"n_enrolled": n, "threshold": t, "n_false": k, "n_searches": 50_000, "design_effect": effect}
    for n, t, k, effect in ((10, 0.5, 40, 2.5), (10, 0.6, 0, 1.0))
]
FIGURES = {
    "space_id": "model:1",
    "score_scale": "cosine",
    "counts": {"passes_of_the_cohort": 4000, "passes_of_the_crowd": 100},
    "listed": 400,
    "calibration": ROWS,
}
GROUPS = {
    "space_id": "model:1",
    "score_scale": "cosine",
    "kind": "sex",
    "threshold": 0.55,
    "measures": {
        "people found (TPIR)": {
            "groups": [
                {"group": "female", "count": 80, "trials": 90, "n_people": 9, "why_not_compared": ""},
                {"group": "male", "count": 88, "trials": 90, "n_people": 9, "why_not_compared": ""},
                {"group": "other", "count": 1, "trials": 10, "n_people": 1, "why_not_compared": "one person"},
            ],
            "verdict": (
                "no significant difference detected; with these counts a ratio below 1.2 could not have been seen"
            ),
        }
    },
}
for each in GROUPS["measures"]["people found (TPIR)"]["groups"]:
    each["denominator"] = "passes"


def test_lowest_measured_threshold_whose_upper_bound_keeps_the_budget():
    found = choose_threshold(NPL, 1 / 4_000, 10_000)
    assert found.threshold == 0.60
    assert found.upper_fpir == pytest.approx(beta.ppf(0.975, 101, 600_000 - 100), rel=1e-9)
    assert found.fpir == pytest.approx(1 / 6_000, rel=1e-9)
    assert not found.is_extrapolated
    assert choose_threshold(NPL, 1 / 6_000, 10_000).threshold == 0.64  # the bound, not the estimate, must keep it


def test_what_is_expected_of_a_day_is_linear_in_faces_with_its_bound():
    found = choose_threshold(NPL, 1 / 4_000, 10_000)
    day = found.expected(30_000)
    assert day.expected == pytest.approx(5.0)
    assert day.at_most == pytest.approx(30_000 * found.upper_fpir)
    with pytest.raises(SettingError):
        found.expected(-1)


def test_longer_list_is_marked_and_beyond_ten_times_nothing_is_said():
    found = expected_at(NPL, 0.60, 50_000)
    assert found.is_extrapolated
    fmr = 1 - (1 - 1 / 6_000) ** (1 / 10_000)
    assert found.fpir == pytest.approx(binom.sf(0, 50_000, fmr), rel=1e-6)
    assert choose_threshold(NPL, 0.5, 100_001) is None
    assert expected_at(NPL, 0.60, 100_001) is None
    assert expected_at(NPL, 0.59, 10) is None


@pytest.mark.parametrize(("budget", "size"), [(0, 10), (1, 10), (0.1, 0)])
def test_senseless_budget_or_list_is_refused(budget, size):
    with pytest.raises(SettingError, match="budget"):
        choose_threshold(NPL, budget, size)


def made(**changes) -> Calibration:
    given = {"calibration_id": "made-2", "measured_on": date(2026, 3, 1), "data": DATA, **changes}
    return calibration_of_figures(FIGURES, **given)


def test_figures_of_a_trial_become_a_calibration_that_survives_its_file(tmp_path):
    differences = differences_of_figures(
        GROUPS, space_id="model:1", score_scale="cosine", measured_on=date(2026, 3, 1), data=DATA
    )
    found = made(differences=differences)
    assert "4,100 passes, 400 people enrolled" in found.measured_with
    assert "1.0 to 2.5" in found.measured_with
    assert [each.n_false for each in found.measurements] == [40, 0]
    assert [each.group for each in found.differences.groups] == ["sex: female", "sex: male"]
    write_calibration(tmp_path / "c.json", found)
    assert read_calibration(tmp_path / "c.json") == found


def test_groups_of_another_model_are_refused():
    with pytest.raises(SpaceMismatchError, match="use the same model"):
        differences_of_figures(
            GROUPS, space_id="model:2", score_scale="cosine", measured_on=date(2026, 3, 1), data=DATA
        )


def test_groups_on_another_scale_are_refused():
    with pytest.raises(SpaceMismatchError, match="on scale cosine, not cosine_less_rivals"):
        differences_of_figures(
            GROUPS, space_id="model:1", score_scale="cosine_less_rivals", measured_on=date(2026, 3, 1), data=DATA
        )


def test_expected_on_a_short_list_is_not_that_of_a_long_one_where_scores_depend_on_the_list():
    """A stranger in 100 alerts on lists of ten, none on those of a thousand, where the look-alikes are rivals."""
    rows = (
        Measurement(n_enrolled=10, threshold=0.5, n_false=10_000, n_searches=1_000_000),
        Measurement(n_enrolled=10, threshold=0.6, n_false=0, n_searches=1_000_000),
        Measurement(n_enrolled=1_000, threshold=0.5, n_false=0, n_searches=1_000_000),
    )
    by_rivals = NPL.model_copy(update={"score_scale": "cosine_less_rivals", "measurements": rows})
    assert choose_threshold(by_rivals, 1 / 1_000, 999).threshold == 0.6
    assert choose_threshold(by_rivals, 1 / 1_000, 1_000).threshold == 0.5
    assert expected_at(by_rivals, 0.5, 10).fpir == pytest.approx(0.01)
    assert expected_at(by_rivals, 0.5, 900).upper_fpir > 0.01
    assert by_rivals.floor(9) is None
    by_cosine = by_rivals.model_copy(update={"score_scale": "cosine"})
    assert choose_threshold(by_cosine, 1 / 1_000, 10).threshold == 0.5


@pytest.mark.parametrize("content", ["", "{}", '{"calibration_id": 3}', "[" * 2_000])
def test_file_that_is_no_calibration_is_named(tmp_path, content):
    path = tmp_path / "c.json"
    path.write_text(content)
    with pytest.raises(TableError, match="is no calibration"):
        read_calibration(path)
    with pytest.raises(TableError, match="cannot be read"):
        read_calibration(tmp_path)


def test_calibration_without_a_word_on_its_data_is_refused():
    with pytest.raises(TableError, match="measured_with"):
        made(data="todo")
