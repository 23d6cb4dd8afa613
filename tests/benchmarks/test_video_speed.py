"""Referee: a clip whose discs are counted by hand, and a peer that notes what it is shown."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from lfr_kit.benchmarks.measuring import Sample
from lfr_kit.benchmarks.video_speed import VideoPlan, bench_video, peak_memory_mb
from lfr_kit.detection.scripted import MARKER
from lfr_kit.embedding.fusion import TrackFusion
from lfr_kit.errors import SettingError
from lfr_kit.pipeline import Pipeline
from lfr_kit.registry import create

STAGES = ("detection", "tracking", "selection", "quality", "embedding", "matching", "alerting")


class NotingPeer:
    """Takes one second per frame."""

    def __init__(self):
        self.known = 0
        self.frames = []

    def ask(self, operation, n_references):
        assert operation == "know"
        self.known = n_references

    def timed(self, operation, n_items, frames):
        assert (operation, len(frames)) == ("watch", n_items)
        self.frames.append([int(frame[0, 0, 0]) for frame in frames])
        return Sample(float(n_items), float(n_items), n_items)


@pytest.fixture
def clip(tmp_path):
    """Six frames, one disc in each; the corner pixel tells which frame it is."""
    for i in range(6):
        frame = np.full((80, 80, 3), 60, np.uint8)
        frame[20:50, 20:50] = MARKER
        frame[0, 0] = i
        Image.fromarray(frame).save(tmp_path / f"{i}.png")
    return str(tmp_path)


def made(detect_every):
    return Pipeline(
        detector=create("detector", "scripted"),
        make_tracker=lambda: create("tracker", "single_frame"),
        selector=create("selector", "first"),
        gate=create("gate", "open"),
        embedder=create("embedder", "scripted"),
        fusion=TrackFusion(),
        matcher=create("matcher", "exact"),
        policy=create("policy", "never"),
        detect_every=detect_every,
    )


def test_bench_video_rows_count_what_the_clip_holds(clip):
    plan = VideoPlan(clip=clip, n_references=12, detect_every=(1, 3), rounds=2)
    every, third, memory = bench_video(plan, made)
    assert (every["n_frames"], third["n_frames"]) == (6, 6)
    assert (every["faces_seen"], third["faces_seen"]) == (6, 2)
    assert every["n_references"] == 12
    assert set(every["stage_ms"]) == set(STAGES)
    assert (every["unit"], every["ratio"], every["n_alerts"]) == ("frames/s", None, 0)
    assert memory["ours"] == pytest.approx(peak_memory_mb(), rel=0.1)


def test_bench_video_peer_sees_other_frames_each_round_and_stands_beside_every_frame_only(clip):
    peer = NotingPeer()
    plan = VideoPlan(clip=clip, n_references=12, detect_every=(1, 3), rounds=2, peer_frames=2)
    every, third, _ = bench_video(plan, made, peer)
    assert peer.known == 12
    assert sorted(i for seen in peer.frames for i in seen) == [0, 1, 2, 3, 4, 5]
    assert every["peer"] == 1
    assert every["ratio"] > 1
    assert third["peer"] is None


@pytest.mark.parametrize("wrong", [{"n_references": 0}, {"peer_frames": 0}, {"detect_every": (1, 0)}])
def test_video_plan_nothing_to_run_is_refused(wrong):
    with pytest.raises(SettingError):
        VideoPlan(**wrong)
