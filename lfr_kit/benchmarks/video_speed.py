"""The main job, from decoding to alerts, beside face_recognition's usual loop on frames of the same clip."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle
from typing import TYPE_CHECKING, Any

import numpy as np

from lfr_kit.benchmarks.detection_speed import sampled_frames
from lfr_kit.benchmarks.matching_speed import random_templates
from lfr_kit.benchmarks.measuring import Sample, comparison_row, figure_row, interleaved, timed
from lfr_kit.benchmarks.peers import PeerWorker
from lfr_kit.enrolment import enrol_folder
from lfr_kit.errors import SettingError
from lfr_kit.records import Frame
from lfr_kit.sources import open_source

if TYPE_CHECKING:
    from lfr_kit.pipeline import Pipeline

__all__ = ["VideoPlan", "bench_video", "peak_memory_mb"]

MakePipeline = Callable[[int], "Pipeline"]
"""Makes a pipeline that looks for faces in every nth frame."""


@dataclass(frozen=True)
class VideoPlan:
    """What to run.

    Attributes
    ----------
    clip
        Footage, as `open_source` takes it.
    n_references
        People enrolled: random directions of the embedding space, whom nobody resembles ...
    references
        ... or a folder of photographs instead.
    detect_every
        Each gives a row: faces looked for in every nth frame.
    rounds
        Of each side.
    peer_frames
        Frames of the clip the peer sees per round, others in each: it is too slow for all of them.
    """

    clip: str = "walkthrough"
    n_references: int = 1000
    references: str | None = None
    detect_every: tuple[int, ...] = (1, 3)
    rounds: int = 3
    peer_frames: int = 2

    def __post_init__(self) -> None:
        if min(self.n_references, self.peer_frames, *self.detect_every) < 1:
            raise SettingError("references, frames and detect-every must be at least 1")


def bench_video(
    plan: VideoPlan, make_pipeline: MakePipeline, peer: PeerWorker | None = None
) -> list[dict[str, Any]]:
    """Frames per second; the peer is timed on frames already decoded, with as many references.

    Only the row that looks at every frame has the peer beside it: the peer looks at every frame.
    """
    theirs = None if peer is None else _peer_rounds(plan, peer)
    rows = []
    for n in plan.detect_every:
        rows.append(_row(plan, n, make_pipeline(n), theirs if n == 1 else None))
    return [*rows, figure_row("peak memory", peak_memory_mb(), "MB")]


def _row(plan: VideoPlan, n: int, pipeline: Pipeline, theirs: Callable[[], Sample] | None) -> dict[str, Any]:
    if plan.references is None:
        ids, templates = random_templates(
            plan.n_references, pipeline.embedder.dimension, space_id=pipeline.embedder.space_id
        )
        pipeline.matcher.enrol(ids, templates)
    else:
        enrol_folder(pipeline, plan.references)
    ours = interleaved(lambda: _watched(plan.clip, pipeline), theirs, rounds=plan.rounds)
    statistics = pipeline.statistics
    seconds = {stage: 1e3 * s / statistics.n_frames for stage, s in statistics.stage_seconds.items()}
    return comparison_row(
        f"decode to alert, {'every frame' if n == 1 else f'one frame in {n}'} looked at",
        ours,
        "per_s",
        "frame",
        stage_ms=seconds,
        n_references=len(pipeline.matcher),
        n_frames=ours.ours[0].n_items,
        faces_seen=statistics.faces_seen / (plan.rounds + 1),
        n_alerts=statistics.n_alerts,
    )


def _watched(clip: str, pipeline: Pipeline) -> Sample:
    """One run of the whole clip."""
    before = pipeline.statistics.n_frames

    def watch() -> None:
        for _ in pipeline.run(open_source(clip)):
            pass

    sample = timed(watch, 1)
    return Sample(sample.wall_s, sample.cpu_s, pipeline.statistics.n_frames - before)


def _peer_rounds(plan: VideoPlan, peer: PeerWorker) -> Callable[[], Sample]:
    """Each round other frames of the clip, the same over all rounds of all runs."""
    peer.ask("know", n_references=plan.n_references)
    frames = sampled_frames(plan.clip, plan.peer_frames * (plan.rounds + 1))
    rounds: Iterator[list[Frame]] = cycle(
        [frames[i :: plan.rounds + 1] or frames[:1] for i in range(plan.rounds + 1)]
    )

    def once() -> Sample:
        chosen = next(rounds)
        return peer.timed("watch", len(chosen), frames=np.stack([frame.image for frame in chosen]))

    return once


def peak_memory_mb() -> float | None:
    """Largest resident memory of this process so far; None where the system does not tell."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)
