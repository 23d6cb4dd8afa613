"""Referee: MediaPipe's Tasks API, in a process of its own, on one real portrait."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from lfr_kit.benchmarks.detection_speed import DetectionPlan, bench_detection, sampled_frames
from lfr_kit.errors import SettingError, SourceNotFoundError


@pytest.fixture
def folder(tmp_path, portrait):
    wide = np.pad(portrait, ((0, 0), (300, 1000 - 300 - portrait.shape[1]), (0, 0)), constant_values=90)
    for i in range(3):
        Image.fromarray(wide).save(tmp_path / f"{i}.png")
    return tmp_path


def test_bench_detection_times_both_and_agrees_with_mediapipe(folder, weights, peer):
    weights("blazeface_full_range")
    plan = DetectionPlan(clip=str(folder), n_frames=2, rows=2, rounds=1)
    timing, agreement = bench_detection(plan, peer("mediapipe", "mediapipe"))
    assert timing["name"].startswith("detection, 1000x600 in ")
    assert timing["peer"] > 0
    assert (agreement["n_ours"], agreement["n_peer"]) == (2, 2)  # one face in each of two frames
    assert (agreement["ours"], agreement["peer"]) == (1.0, 1.0)


def test_bench_detection_without_peer_is_one_row(folder, weights):
    weights("blazeface_full_range")
    (row,) = bench_detection(DetectionPlan(clip=str(folder), n_frames=1, rounds=1))
    assert row["peer"] is row["ratio"] is None


@pytest.mark.parametrize(("n", "want"), [(1, [0]), (2, [0, 1]), (3, [0, 1, 2]), (9, [0, 1, 2])])
def test_sampled_frames_are_spread_evenly(folder, n, want):
    assert [frame.frame_index for frame in sampled_frames(str(folder), n)] == want


def test_sampled_frames_faults_are_refused(folder):
    with pytest.raises(SettingError, match="frames"):
        sampled_frames(str(folder), 0)
    with pytest.raises(SourceNotFoundError):
        sampled_frames(str(folder / "none"), 1)
