"""When a blue-list check is passed. Referee for the intervals: binomial tables and scipy's own beta quantiles."""

from __future__ import annotations

import pytest
from scipy.stats import beta

from lfr_kit.errors import InputError, WatchlistError
from lfr_kit.governance.blue_list import (
    LEAST_PASSES,
    LEAST_SHARE,
    BluePass,
    check_result,
    last_check,
    pass_of_event,
    said_consent,
    said_pseudonym,
)


def passes(words: str, check_id: str = "K-1", threshold: float = 0.9) -> list[BluePass]:
    """``"a+ b-"``: a was found, b was missed."""
    return [
        BluePass(
            check_id=check_id,
            member_id=word[:-1],
            is_hit=word[-1] == "+",
            latency_s=float(n) if word[-1] == "+" else None,
            threshold=threshold,
        )
        for n, word in enumerate(words.split(), 1)
    ]


@pytest.mark.parametrize(
    ("members", "walked", "finding"),
    [
        ("a", "a+ a+ a+", ""),
        ("a b c", "a+ b+ c+", ""),
        ("a b c d e", "a+ b+ c+ d+ e-", ""),
        ("a b c d e", "a+ b+ c+ d- e-", "3 of 5 passes found; it takes 80%"),
        ("a", "a+ a+ a-", "2 of 3 passes found; it takes 80%"),
        ("a", "a+ a+", "only 2 passes; it takes 3"),
        ("a b", "a+ a+ a+", "1 of 2 on the blue list did not walk through (b)"),
        ("a", "", "nobody walked through"),
        ("", "", "nobody is on the blue list"),
        ("", "a+ a+ a+", "nobody is on the blue list"),
        ("a", "a- a- a-", "0 of 3 passes found; it takes 80%"),
    ],
)
def test_check_is_passed_only_if_everybody_walked_and_enough_were_found(members, walked, finding):
    found = check_result(members.split(), passes(walked))
    assert found.is_passed is (not finding)
    assert list(found.findings) == ([finding] if finding else [])


@pytest.mark.parametrize("n", range(LEAST_PASSES, 30))
def test_least_share_is_of_all_passes_and_is_reached_exactly(n):
    least = next(k for k in range(n + 1) if k / n >= LEAST_SHARE)
    assert check_result(["a"], passes("a+ " * least + "a- " * (n - least))).is_passed
    assert not check_result(["a"], passes("a+ " * (least - 1) + "a- " * (n - least + 1))).is_passed


def test_several_things_wrong_are_all_said():
    findings = check_result(["a", "b"], passes("a- a-"), threshold=0.95).findings
    assert len(findings) == 4


def test_check_at_another_threshold_than_in_force_does_not_count():
    assert check_result(["a"], passes("a+ a+ a+"), threshold=0.9).is_passed
    (finding,) = check_result(["a"], passes("a+ a+ a+"), threshold=0.95).findings
    assert finding == "it was made at a threshold of 0.9, in force is 0.95"


def test_interval_is_exact():
    low, high = check_result(["a"], passes("a+ " * 9 + "a-")).hits.interval()
    assert low == pytest.approx(beta.ppf(0.025, 9, 2))
    assert high == pytest.approx(beta.ppf(0.975, 10, 1))
    assert check_result(["a"], passes("a+ a+ a+")).hits.interval()[0] == pytest.approx(0.025 ** (1 / 3))


def test_latency_is_the_median_of_the_hits():
    assert check_result(["a"], passes("a+ a- a+ a+")).median_latency_s == 3.0
    assert check_result(["a"], passes("a- a-")).median_latency_s is None


def test_only_the_last_check_counts():
    every = passes("a+ a+ a+", "K-1") + passes("a-", "K-2")
    assert last_check(every) == every[3:]
    assert last_check([]) == []


def test_pass_comes_back_from_its_event_whatever_else_stands_there():
    (one,) = passes("a+")
    assert pass_of_event({**vars(one), "later": 1}) == one


def test_pseudonym_and_consent_are_asked_for():
    assert (said_pseudonym(" staff  1 "), said_consent("HR/26/7")) == ("staff 1", "HR/26/7")
    with pytest.raises(WatchlistError, match="called here"):
        said_pseudonym(" ")
    with pytest.raises(WatchlistError, match="--consent"):
        said_consent("")
    with pytest.raises(InputError, match="pseudonym"):
        said_pseudonym("sta\u202eff")
