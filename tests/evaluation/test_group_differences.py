"""Referees: scipy's tests and relative risk, Holm's procedure worked by hand, coverage in simulated trials."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from scipy.stats import fisher_exact, permutation_test
from scipy.stats.contingency import relative_risk

from lfr_kit.errors import RecordError, SettingError
from lfr_kit.evaluation.group_differences import compare_groups, fisher_p, holm
from lfr_kit.evaluation.group_findings import Clustering
from lfr_kit.evaluation.group_passes import (
    alert_effect,
    compare_groups_by_person,
    counted_down,
    design_effect,
    permutation_p,
)
from lfr_kit.evaluation.rates import Rate


def of(count, trials):
    return Rate(count, trials, "non-mated searches")


def test_fisher_p_is_the_lady_tasting_tea():
    # all tables of two times four cups: 1, 16, 36, 16, 1 of 70; three right: (16 + 1) x 2 of 70
    assert fisher_p(of(3, 4), of(1, 4)) == pytest.approx(34 / 70)
    assert fisher_p(of(4, 4), of(0, 4)) == pytest.approx(2 / 70)
    with pytest.raises(RecordError, match="trials"):
        fisher_p(of(0, 0), of(1, 4))


def test_holm_hand_worked():
    # sorted .001 .01 .02 .04: x4 .004, x3 .03, x2 .04, x1 .04
    assert holm([0.02, 0.001, 0.04, 0.01]) == pytest.approx((0.04, 0.004, 0.04, 0.03))
    assert holm([0.9, 0.8]) == (1.0, 1.0)
    assert holm([]) == ()


def test_ratio_of_two_groups_equals_scipys_relative_risk():
    found = compare_groups({"a": of(8, 400), "b": of(3, 410)})
    want = relative_risk(8, 400, 3, 410)
    (pair,) = found.pairs
    assert pair.ratio == found.max_min_ratio == pytest.approx(want.relative_risk)
    assert pair.ratio_interval == pytest.approx(tuple(want.confidence_interval(0.95)))
    # against the geometric mean of two, the ratio is the root of the one between them
    assert found.groups[0].ratio_to_mean == pytest.approx(want.relative_risk**0.5)
    low, high = want.confidence_interval(0.95)
    assert found.groups[0].ratio_to_mean_interval == pytest.approx((low**0.5, high**0.5))
    assert found.gap == pytest.approx(8 / 400 - 3 / 410)


def test_ratios_to_the_geometric_mean_multiply_to_one():
    found = compare_groups({"a": of(10, 100), "b": of(20, 100), "c": of(40, 100)})
    assert [group.ratio_to_mean for group in found.groups] == pytest.approx([0.5, 1, 2])


def test_ratio_to_mean_interval_holds_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(4)
    rates, trials = np.array([0.01, 0.02, 0.04]), np.array([1500, 800, 900])
    truth = rates / np.exp(np.log(rates).mean())
    held = []
    for counts in rng.binomial(trials, rates, size=(40, 3)):
        groups = compare_groups(
            {str(i): of(int(k), int(n)) for i, (k, n) in enumerate(zip(counts, trials, strict=True))}
        ).groups
        held += [
            g.ratio_to_mean_interval[0] <= t <= g.ratio_to_mean_interval[1]
            for g, t in zip(groups, truth, strict=True)
        ]
    assert np.mean(held) > 0.88


def test_no_difference_is_said_with_what_could_not_have_been_seen():
    found = compare_groups({"a": of(4, 400), "b": of(5, 410)}, clustering=Clustering())
    assert found.detectable_ratio == found.pairs[0].detectable_ratio
    assert found.verdict == (
        "no significant difference detected; with these counts a ratio below "
        f"{found.detectable_ratio:.3g} could not have been seen (Fisher's exact test, Holm, level 0.05, power 0.8)"
    )
    assert not found.pairs[0].is_significant


def test_a_difference_is_named_with_counts_ratio_and_adjusted_p():
    found = compare_groups({"a": of(20, 400), "b": of(1, 410), "c": of(3, 400)})
    assert [(p.higher, p.lower, p.is_significant) for p in found.pairs] == [
        ("a", "b", True),
        ("a", "c", True),
        ("c", "b", False),
    ]
    assert "significant difference detected: a 20 of 400 non-mated searches against b 1 of 410" in found.verdict
    assert "no significant difference detected between the other pairs" in found.verdict
    assert "taken for independent" in found.verdict
    assert [p.adjusted_p for p in found.pairs] == pytest.approx(holm([p.fisher_p for p in found.pairs]))


@pytest.mark.parametrize("counts", list(permutations([(0, 400), (0, 410), (3, 380)], 2)))
def test_verdict_never_says_that_there_is_no_bias(counts):
    verdict = compare_groups({"a": of(*counts[0]), "b": of(*counts[1])}).verdict
    assert "bias" not in verdict
    assert "could not have been seen" in verdict or "detected: " in verdict


def test_no_event_in_any_group_has_no_ratio_but_a_bound():
    found = compare_groups({"a": of(0, 400), "b": of(0, 410)})
    assert (found.max_min_ratio, found.detectable_ratio, found.groups[0].ratio_to_mean) == (None, None, None)
    low, high = found.groups[0].ratio_to_mean_interval
    assert low < 1 < high
    assert "a difference below" in found.verdict


def test_counts_too_small_for_anything_say_so():
    found = compare_groups({"a": of(0, 3), "b": of(1, 2)})
    assert "no difference at all could have been seen between b and a" in found.verdict


def test_everybody_found_in_all_groups_has_an_interval_with_a_width():
    low, high = compare_groups({"a": of(50, 50), "b": of(60, 60)}).groups[0].ratio_to_mean_interval
    assert low < 1 < high


def test_groups_of_one_person_or_without_trials_are_listed_and_not_compared():
    known = Clustering(n_people={"a": 20, "b": 25, "c": 1})
    found = compare_groups({"a": of(9, 200), "b": of(8, 210), "c": of(9, 10), "d": of(0, 0)}, clustering=known)
    assert [(g.name, g.why_not_compared) for g in found.groups] == [
        ("a", ""),
        ("b", ""),
        ("c", "one person"),
        ("d", "no trials"),
    ]
    assert [(p.higher, p.lower) for p in found.pairs] == [("a", "b")]
    assert found.verdict.endswith("not compared: c (one person), d (no trials)")
    alone = compare_groups({"a": of(1, 5), "d": of(0, 0)})
    assert (alone.pairs, alone.max_min_ratio, alone.gap) == ((), None, None)
    assert alone.verdict.startswith("nothing to compare")


def test_wrong_input_is_refused():
    with pytest.raises(RecordError, match="at least two"):
        compare_groups({"a": of(1, 2)})
    with pytest.raises(RecordError, match="different trials"):
        compare_groups({"a": of(1, 2), "b": Rate(1, 2, "mated searches")})
    with pytest.raises(SettingError, match="alpha"):
        compare_groups({"a": of(1, 2), "b": of(1, 2)}, alpha=0)
    with pytest.raises(RecordError, match="one length"):
        compare_groups_by_person([1, 2], {1: "a", 2: "b"}, [True], "passes")


def test_permutation_p_equals_scipys_over_all_dealings():
    a, b = np.array([5, 4, 5, 3, 5]), np.array([1, 2, 4, 0, 3])
    found = permutation_p((a, np.full(5, 5)), (b, np.full(5, 5)), n_permutations=20_000)
    want = permutation_test(
        (a, b), lambda x, y: abs(x.mean() - y.mean()), alternative="greater", n_resamples=np.inf
    )
    assert found == pytest.approx(want.pvalue, abs=0.01)
    with pytest.raises(SettingError, match="permutations"):
        permutation_p((a, a), (b, b), 0)


def test_design_effect_of_passes_all_alike_is_their_number_and_of_independent_ones_is_one():
    rng = np.random.default_rng(2)
    trials = np.full(400, 10)
    assert design_effect(10 * (rng.random(400) < 0.3), trials) == pytest.approx(10, rel=0.05)
    assert design_effect(rng.binomial(10, 0.3, 400), trials) == pytest.approx(1, abs=0.2)
    assert design_effect(np.zeros(400), trials) == 10  # nothing shows how alike they are: the careful answer


def test_passes_of_a_few_hard_faces_are_no_proof_against_a_group():
    # 10 people each, 20 passes of one: in group b one person is never found. Fisher is sure, people are not.
    people, hits = np.repeat(np.arange(20), 20), np.ones(400, bool)
    hits[people == 15] = False
    found = compare_groups_by_person(people, {p: "a" if p < 10 else "b" for p in range(20)}, hits, "passes")
    (pair,) = found.pairs
    assert pair.fisher_p < 1e-5
    assert pair.p_by_person == pytest.approx(1.0)  # whoever gets that person, the gap is the same
    assert not pair.is_significant
    assert found.verdict.startswith("no significant difference detected")
    assert "taken for independent" not in found.verdict
    assert [g.n_people for g in found.groups] == [10, 10]


def test_intervals_of_ratios_are_wider_by_the_root_of_what_passes_are_worth():
    counts = {"a": of(30, 400), "b": of(11, 380)}
    plain = compare_groups(counts)
    worth = compare_groups(counts, clustering=Clustering(design_effects={"a": 4.0, "b": 4.0}))
    for of_plain, of_worth in (
        (plain.pairs[0].ratio_interval, worth.pairs[0].ratio_interval),
        (plain.groups[0].ratio_to_mean_interval, worth.groups[0].ratio_to_mean_interval),
    ):
        assert np.log(of_worth[1] / of_worth[0]) == pytest.approx(2 * np.log(of_plain[1] / of_plain[0]))
        assert of_worth[0] * of_worth[1] == pytest.approx(of_plain[0] * of_plain[1])


def in_a_ring(n):
    """n searches of n people, every tenth an alert to the next person but five: nobody has to do with two."""
    people = np.arange(n)
    return people, (people + 5) % n, people % 10 == 0


def test_alerts_of_people_who_have_nothing_to_do_with_each_other_are_worth_themselves():
    assert alert_effect(*in_a_ring(1000)) == pytest.approx(1, abs=0.05)


def test_two_people_who_alert_to_each_other_are_worth_one_alert():
    people, nearest, hits = in_a_ring(1000)
    hits |= hits[nearest]  # the other one of the pair
    nearest = np.where(people % 10 == 5, people - 5, nearest)
    assert alert_effect(people, nearest, hits) == pytest.approx(2, rel=0.05)


def test_alerts_to_one_face_that_looks_like_many_are_worth_one():
    people, _, hits = in_a_ring(1000)
    assert alert_effect(people, np.full(1000, 5000), hits) == pytest.approx(hits.sum(), rel=0.15)


def test_searches_of_one_stranger_who_looks_like_many_are_worth_one():
    people, nearest = np.repeat(np.arange(50), 20), np.arange(1000) + 100
    assert alert_effect(people, nearest, people == 7) == pytest.approx(20, rel=0.1)
    assert alert_effect(people, nearest, np.zeros(1000)) == 20  # as many as a person has: the careful answer


def test_counted_down_is_whole_and_a_rate():
    assert counted_down(Rate(2, 10, "searches"), 1.75) == Rate(1, 6, "searches")
    assert counted_down(Rate(10, 10, "searches"), 40.0) == Rate(0, 1, "searches")


def test_one_pair_of_look_alikes_is_no_proof_against_a_group():
    """Five people searched on two lists, two of them alike; 23 others on eleven lists, nobody alike."""
    small, large = np.repeat(np.arange(5), 2), np.repeat(np.arange(5, 28), 11)
    people = np.concatenate([small, large])
    nearest, hits = np.full(len(people), 100), np.zeros(len(people), bool)
    hits[[0, 2]], nearest[[0, 2]] = True, [1, 0]
    groups = {person: "small" if person < 5 else "large" for person in range(28)}
    (pair,) = compare_groups_by_person(people, groups, hits, "searches", nearest=nearest).pairs
    assert pair.fisher_p < 0.002
    assert pair.p_by_person == pytest.approx(fisher_exact([[1, 5], [0, 23]]).pvalue)
    assert not pair.is_significant


def test_passes_of_people_without_a_group_are_left_out():
    people, hits = np.array([0, 0, 1, 2, 3, 9, -1]), np.array([1, 0, 1, 0, 0, 1, 1], bool)
    found = compare_groups_by_person(people, {0: "a", 1: "a", 2: "b", 3: "b"}, hits, "passes")
    assert [str(g.rate) for g in found.groups] == ["2 of 3 passes", "0 of 2 passes"]
