"""Alerts at the threshold, once per person and cooldown, whatever the order of time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfr_kit.alerting.threshold_with_cooldown import ThresholdWithCooldown
from lfr_kit.errors import InputError, SettingError
from lfr_kit.records import BestShot, CandidateList, Template

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def shot(at_s=0.0, camera_id="street") -> BestShot:
    return BestShot(
        image=np.zeros((9, 9, 3), np.uint8),
        origin_px=np.zeros(2),
        box_px=np.array([1, 1, 8, 8]),
        landmarks_px=np.zeros((0, 2)),
        mesh_px=np.zeros((0, 2)),
        quality=50,
        camera_id=camera_id,
        track_id=1,
        frame_index=0,
        captured_at=NOON + timedelta(seconds=at_s),
    )


def found(scores: dict[str, float], at_s=0.0, scale="cosine", **changes) -> CandidateList:
    probe = Template(vector=np.array([1.0]), space_id="line", shot=changes.get("shot", shot(at_s)))
    values = np.array(list(scores.values()), np.float32)
    return CandidateList(
        probe=probe,
        reference_ids=list(scores),
        similarities=np.clip(values, -1, 1),
        comparison_scores=values,
        score_scale=scale,
        n_enrolled=changes.get("n_enrolled", 9),
    )


def alerted(policy, *lists):
    return [alert.reference_id for alert in policy.decide(lists)]


def test_score_at_the_threshold_alerts_and_just_below_does_not():
    policy = ThresholdWithCooldown(threshold=0.5)
    assert alerted(policy, found({"ada": 0.5})) == ["ada"]
    assert alerted(policy, found({"bob": np.nextafter(np.float32(0.5), np.float32(0))})) == []


def test_threshold_by_list_size_is_held_against_the_list_searched():
    policy = ThresholdWithCooldown(threshold={"10": 0.5, "1000": 0.7}, cooldown_s=0)
    assert [a.threshold for a in policy.decide([found({"anna": 0.6}, n_enrolled=100)])] == [pytest.approx(0.6)]
    assert policy.decide([found({"anna": 0.6}, n_enrolled=101)]) == []
    assert len(policy.decide([found({"anna": 0.6}, n_enrolled=10)])) == 1


def test_alert_says_what_was_found():
    candidates = found({"ada": 0.75, "bob": 0.6}, at_s=3)
    alert = ThresholdWithCooldown(threshold=0.5).decide([candidates])[0]
    assert (alert.reference_id, alert.similarity, alert.comparison_score) == ("ada", 0.75, 0.75)
    assert (alert.threshold, alert.score_scale, alert.n_enrolled) == (0.5, "cosine", 9)
    assert alert.shot is candidates.probe.shot


def test_only_the_first_candidate_alerts_also_while_it_is_in_cooldown():
    policy = ThresholdWithCooldown(threshold=0.5)
    both = {"ada": 0.9, "bob": 0.8}
    assert alerted(policy, found(both), found(both, at_s=1)) == ["ada"]
    assert alerted(policy, found({"bob": 0.8}, at_s=2)) == ["bob"]


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ([0, 59.9, 60, 119, 120], [0, 60, 120]),
        ([100, 41, 40, 159, 160], [100, 40, 160]),
        ([0, 200, 100, 150, 50, 260], [0, 200, 100, 260]),
        ([0, 0], [0]),
    ],
)
def test_cooldown_is_of_capture_time_in_any_order(times, expected):
    policy = ThresholdWithCooldown(threshold=0.5, cooldown_s=60)
    raised = [t for t in times if alerted(policy, found({"ada": 0.9}, at_s=t))]
    assert raised == expected


def test_cooldown_holds_across_cameras_and_within_one_call():
    policy = ThresholdWithCooldown(threshold=0.5)
    lists = [found({"ada": 0.9}, shot=shot(i, camera_id)) for i, camera_id in enumerate(["street", "door"])]
    assert alerted(policy, *lists) == ["ada"]


def test_cooldown_of_nothing_lets_every_list_alert():
    policy = ThresholdWithCooldown(threshold=0.5, cooldown_s=0)
    alerts = policy.decide([found({"ada": 0.9})] * 3)
    assert len({alert.alert_id for alert in alerts}) == 3


@given(sightings=st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 600)), max_size=40))
def test_alerts_of_one_person_are_never_closer_than_the_cooldown_and_none_is_lost(sightings):
    policy = ThresholdWithCooldown(threshold=0.5, cooldown_s=60)
    raised: dict[str, list[int]] = {"a": [], "b": []}
    for person, at_s in sightings:
        near = [t for t in raised[person] if abs(t - at_s) < 60]
        got = alerted(policy, found({person: 0.9}, at_s=at_s))
        assert bool(got) == (not near)
        raised[person] += [at_s] if got else []


def test_lists_on_another_scale_are_refused_and_none_alerts():
    policy = ThresholdWithCooldown(threshold=0.5)
    with pytest.raises(SettingError, match=r"adaptive_s_norm.*calibrate"):
        policy.decide([found({"ada": 0.9}), found({"bob": 4.0}, scale="adaptive_s_norm")])
    assert alerted(policy, found({"ada": 0.9})) == ["ada"]


def test_normalised_scores_alert_on_their_own_scale():
    policy = ThresholdWithCooldown(threshold=4, score_scale="adaptive_s_norm")
    assert alerted(policy, found({"ada": 5.0}, scale="adaptive_s_norm")) == ["ada"]


def test_probe_without_a_picture_cannot_alert():
    with pytest.raises(InputError, match="picture"):
        ThresholdWithCooldown(threshold=0.5).decide([found({"ada": 0.9}, shot=None)])


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"threshold": 1.5},
        {"threshold": float("nan")},
        {"threshold": 0.5, "cooldown_s": -1},
        {"threshold": 0.5, "cooldown_s": float("nan")},
    ],
)
def test_setting_out_of_range_is_refused(wrong):
    with pytest.raises(SettingError):
        ThresholdWithCooldown(**wrong)
