"""Collects, step by step, what may leave a run: counts, scores and alerts."""

from __future__ import annotations

import platform
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from time import perf_counter
from typing import Any

import lfr_kit
from lfr_kit.config import Settings
from lfr_kit.enrolment import EnrolmentReport
from lfr_kit.pipeline import Pipeline, Step
from lfr_kit.records import Alert
from lfr_kit.reports.in_view import InView
from lfr_kit.reports.run_record import AlertEntry, RunRecord, SearchPoint, refused_photos

__all__ = ["RunRecorder", "settings_in_words", "versions_in_use"]

_STAGES = ("detector", "tracker", "selector", "gate", "matcher", "policy")
_PACKAGES = ("numpy", "openvino", "torch", "mediapipe", "opencv-contrib-python", "av")


def settings_in_words(chosen: Settings) -> dict[str, str]:
    """What was chosen for each stage but the embedder, name -> algorithm and settings given."""
    words = {}
    for stage in _STAGES:
        choice = getattr(chosen, stage)
        given = ", ".join(f"{key} {value}" for key, value in choice.settings.items())
        words[stage] = f"{choice.name} ({given})" if given else choice.name
    words["detect every"] = f"{chosen.detect_every} frames" if chosen.detect_every > 1 else "frame"
    return words


def versions_in_use() -> dict[str, str]:
    """LFR Kit, Python, the machine's kind and the libraries that compute, name -> version."""
    found = {"LFR Kit": lfr_kit.__version__, "Python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return {**found, "system": f"{platform.system()} {platform.machine()}"}


def embedder_name(pipeline: Pipeline) -> str:
    """The embedder's registry name: the first part of its embedding space's id."""
    found = re.match(r"\w+", pipeline.embedder.space_id)
    return found[0] if found else pipeline.embedder.space_id


def _threshold(pipeline: Pipeline) -> float | None:
    """What an alert takes with the list as it is; None where the policy knows no threshold."""
    at = getattr(pipeline.policy, "threshold_at", None)
    return None if at is None else float(at(len(pipeline.matcher)))


@dataclass
class RunRecorder:
    """What a run collected so far.

    Parameters
    ----------
    pipeline
        Whose statistics are taken.
    enrolment
        Who was enrolled, and which photos were refused.
    source
        The footage, as it is to be named.
    """

    pipeline: Pipeline
    enrolment: EnrolmentReport
    source: str
    alerts: list[Alert] = field(default_factory=list)
    _searches: list[SearchPoint] = field(default_factory=list, init=False)
    _in_view: InView = field(default_factory=InView, init=False)
    _first_s: float | None = field(default=None, init=False)
    _times_s: tuple[float, float] = field(default=(0.0, 0.0), init=False)
    _started_at: datetime = field(default_factory=lambda: datetime.now(UTC), init=False)
    _start: float = field(default_factory=perf_counter, init=False)

    def add(self, step: Step) -> None:
        """Takes numbers and alerts from a step, and lets the rest of it go."""
        alerted = {id(alert.shot) for alert in step.alerts}
        for found in step.candidate_lists:
            if len(found) and found.probe.shot is not None:
                shot = found.probe.shot
                score = float(found.comparison_scores[0])
                self._searches.append(SearchPoint(shot.position_s, score, id(shot) in alerted))
        for frame, tracks in zip(step.frames, step.tracks, strict=True):
            if self._first_s is None:
                self._first_s, self._times_s = frame.position_s, (frame.position_s, frame.position_s)
            self._times_s = (self._times_s[1], frame.position_s)
            if tracks is not None:
                self._in_view.add(frame.position_s, int((tracks.track_ids >= 0).sum()))
        self.alerts.extend(step.alerts)

    def record(
        self, *, settings: Mapping[str, str], stage_seconds: Mapping[str, float], ended_early: str = ""
    ) -> RunRecord:
        """The run as it may be shown; `stage_seconds` adds what was spent outside the pipeline."""
        statistics = self.pipeline.statistics
        before, last = self._times_s
        policy: Any = self.pipeline.policy
        return RunRecord(
            source=self.source,
            started_at=self._started_at,
            seconds=perf_counter() - self._start,
            footage_s=last - (self._first_s or 0.0) + max(last - before, 0.0),
            frames=statistics.n_frames,
            frames_looked_at=statistics.n_frames_detected,
            faces_seen=statistics.faces_seen,
            faces_seen_method=statistics.faces_seen_method,
            faces_seen_at_s=tuple(statistics.faces_seen_at_s),
            in_view=self._in_view.points,
            searches=tuple(self._searches),
            alerts=tuple(self._entry(alert) for alert in self.alerts),
            threshold=_threshold(self.pipeline),
            score_scale=getattr(policy, "score_scale", "cosine"),
            n_enrolled=len(self.pipeline.matcher),
            refused=refused_photos(self.enrolment),
            rejected=dict(statistics.rejected.most_common()),
            stage_seconds={**stage_seconds, **statistics.stage_seconds},
            embedder=embedder_name(self.pipeline),
            embedder_reason=self.pipeline.embedder_reason,
            space_id=self.pipeline.embedder.space_id,
            settings=settings,
            versions=versions_in_use(),
            ended_early=ended_early,
        )

    def _entry(self, alert: Alert) -> AlertEntry:
        shots, n_photos = self.enrolment.shots, self.enrolment.n_photos
        return AlertEntry(alert, shots.get(alert.reference_id), n_photos.get(alert.reference_id, 0))
