"""Groups at one threshold, by hand: two groups on two circles that hardly meet."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import fisher_exact

from evaluation.trial_scene import made_manifest, made_templates
from lfr_kit.errors import SettingError, TableError
from lfr_kit.evaluation.group_study import GroupPlan, banded, study_groups
from lfr_kit.evaluation.trial import trial_scores
from lfr_kit.matching import one_person
from lfr_kit.matching.exact import ExactMatcher
from lfr_kit.records import Template


def scene(n_tall=6, n_short=8, *, normalisation="none", **more):
    """Tall people all look alike (cosine 0.9), short ones not at all; everybody passes as they were enrolled."""
    people = [(f"t{n}", "cohort", {"height": "tall", **more}) for n in range(n_tall)]
    people += [(f"s{n}", "cohort", {"height": "short", **more}) for n in range(n_short)]
    manifest = made_manifest(people, list(range(len(people))))
    vectors = np.zeros((len(people), 1 + len(people)), np.float32)
    vectors[np.arange(len(people)), 1 + np.arange(len(people))] = 1
    vectors[:n_tall] *= np.sqrt(0.1)
    vectors[:n_tall, 0] = np.sqrt(0.9)
    templates = made_templates(manifest, list(vectors), list(vectors), ("scripted:s", "scripted:s"))
    return manifest, trial_scores(manifest, templates, normalisation)


def rates(comparison):
    return {each.name: (each.rate.count, each.rate.trials) for each in comparison.groups}


def test_rates_by_group_on_mixed_and_on_matched_lists():
    found = study_groups(*scene(), GroupPlan(kind="height", threshold=0.8))
    assert dict(found.n_people) == {"short": 8, "tall": 6}
    assert rates(found.tpir) == {"tall": (6, 6), "short": (8, 8)}
    assert rates(found.fpir_mixed) == {"tall": (6, 6), "short": (0, 8)}
    assert (found.n_mixed, found.n_matched) == (14, 5)
    # One list of five dealt out of six tall and one out of eight short people.
    assert rates(found.fpir_matched) == {"tall": (6, 6), "short": (0, 8)}
    (pair,) = found.fpir_mixed.pairs
    assert pair.fisher_p == pytest.approx(fisher_exact([[6, 0], [0, 8]]).pvalue)
    assert pair.is_significant
    assert "significant difference detected: tall" in found.fpir_mixed.verdict
    assert "no significant difference detected" in found.tpir.verdict
    assert "could not have been seen" in found.tpir.verdict


def test_matched_list_holds_the_own_group_only():
    """Mixed lists of one: who meets a look-alike is chance. Matched: the tall always do."""
    manifest, scores = scene(40, 40)
    found = study_groups(manifest, scores, GroupPlan(kind="height", threshold=0.8, n_enrolled=1))
    mixed, matched = rates(found.fpir_mixed)["tall"], rates(found.fpir_matched)["tall"]
    assert mixed == (40 * 39, 40 * 79)  # every pair once, nobody against oneself
    assert matched == (40 * 39, 40 * 39)


def test_threshold_of_a_rate_and_of_equal_rates():
    found = study_groups(*scene(), GroupPlan(kind="height", fpir=0.25))
    assert found.threshold > 0.9  # six of fourteen alert below it, no quarter of all
    assert found.equal_fpir["short"] < 0.1
    assert found.equal_fpir["tall"] > 0.9
    assert set(study_groups(*scene(), GroupPlan(kind="height", fpir=0.01)).equal_fpir.values()) == {None}


def test_people_are_found_less_rivals_where_the_matcher_finds_them(monkeypatch):
    """Referee: the matcher itself, with the one list there is. Look-alikes lose to each other what they share."""
    monkeypatch.setitem(one_person._VERIFICATION_THRESHOLDS, "scripted", 0.5)
    manifest, scores = scene(normalisation="rivals")
    found = study_groups(manifest, scores, GroupPlan(kind="height", threshold=0.7))
    matcher = ExactMatcher(normalisation="rivals", rival_from=0.5, n_candidates=1)
    everybody = [Template(vector=vector, space_id="scripted:s") for vector in scores.rivals.vectors]
    names = [person.person_id for person in manifest.people]
    matcher.enrol(names, everybody)
    best = [(each.reference_ids[0], each.comparison_scores[0]) for each in matcher.search(everybody)]
    is_found = {name: top == name and score >= 0.7 for name, (top, score) in zip(names, best, strict=True)}
    n_found = {group: sum(is_found[name] for name in names if name[0] == group[0]) for group in ("tall", "short")}
    assert n_found == {"tall": 0, "short": 8}, "by cosine all are found"
    assert rates(found.tpir) == {"tall": (0, 6), "short": (8, 8)}
    assert rates(found.fpir_mixed) == {"tall": (0, 6), "short": (0, 8)}, "their look-alikes score lower too"


def test_group_of_one_person_is_refused_until_it_is_left_out():
    with pytest.raises(SettingError, match="'tall' of height has one person"):
        study_groups(*scene(n_tall=1), GroupPlan(kind="height", threshold=0.8))
    with pytest.raises(SettingError, match="two groups or more"):
        study_groups(*scene(n_tall=1), GroupPlan(kind="height", threshold=0.8, leave_out=("tall",)))


def test_kind_that_nobody_spoke_of_is_refused_with_those_there_are():
    with pytest.raises(TableError, match="the table of people has: height"):
        study_groups(*scene(), GroupPlan(kind="ethnicity"))


def test_list_larger_than_the_people_is_refused():
    with pytest.raises(SettingError, match="from 1 to the 14"):
        study_groups(*scene(), GroupPlan(kind="height", n_enrolled=15))


def test_groups_stand_in_the_order_of_their_numbers_or_of_the_alphabet():
    people = [(f"p{n}", "cohort", {"age": str(age), "hair": hair}) for n, (age, hair) in enumerate(
        [(101, "red"), (9, "fair"), (30, "dark"), (100, "red"), (8, "fair"), (31, "dark"), ("untold", "dark"),
         ("untold", "dark")]
    )]  # fmt: skip
    manifest = made_manifest(people, list(range(8)))
    vectors = list(np.eye(8, dtype=np.float32))
    scores = trial_scores(manifest, made_templates(manifest, vectors, vectors, ("scripted:s", "scripted:s")))
    by_age = study_groups(manifest, scores, GroupPlan(kind="age", threshold=0.8, edges=(10, 100)))
    assert list(rates(by_age.tpir)) == ["under 10", "10 to 99", "100 and over", "untold"]
    by_hair = study_groups(manifest, scores, GroupPlan(kind="hair", threshold=0.8))
    assert list(rates(by_hair.fpir_mixed)) == ["dark", "fair", "red"]


def test_bands_of_numbers():
    assert [banded(age, (25, 35)) for age in ("24.9", "25", "34", "35")] == [
        "under 25", "25 to 34", "25 to 34", "35 and over",
    ]  # fmt: skip
