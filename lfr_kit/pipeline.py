"""The machine half of the frame's way: frames in, alerts out.

Nothing before the alert is kept: detections, shots and templates of passers-by live in memory while
their track lives, and only counts leave. `Step` carries what one call saw to whoever is watching; it is
theirs to let go.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Any

from lfr_kit.config import Settings, StageChoice
from lfr_kit.config import settings as settings_in_force
from lfr_kit.records import Alert, BestShot, CandidateList, Frame, Tracks
from lfr_kit.registry import create
from lfr_kit.stages import (
    AlertPolicy,
    BestShotSelector,
    Detector,
    Embedder,
    FrameSource,
    Matcher,
    QualityGate,
    Tracker,
)

if TYPE_CHECKING:
    from lfr_kit.embedding.fusion import TrackFusion

__all__ = ["Pipeline", "Statistics", "Step"]

FACES_SEEN_METHOD = "unique tracks with at least one face admitted by the quality gate"


@dataclass(frozen=True, eq=False)
class Step:
    """What one call of `Pipeline.process` or `.finish` saw; in memory only.

    Attributes
    ----------
    frames
        The frames given (none for `finish`).
    tracks
        Per frame, its faces; None where the frame was not looked at (`detect_every`).
    candidate_lists
        One per search made now.
    alerts
        Raised now.
    """

    frames: tuple[Frame, ...]
    tracks: tuple[Tracks | None, ...]
    candidate_lists: tuple[CandidateList, ...]
    alerts: tuple[Alert, ...]


@dataclass
class Statistics:
    """Counts since the pipeline was made; no personal data.

    Attributes
    ----------
    n_frames, n_frames_detected, n_alerts
        Frames given, frames looked at, alerts raised.
    faces_seen_at_s
        For each face seen, seconds since the start of its source when it first counted.
    faces_seen_by_camera
        Faces seen, by camera id.
    faces_seen_method
        How `faces_seen` counts; figures of different methods are not comparable.
    rejected
        Shots not compared, by reason code.
    stage_seconds
        Wall seconds spent in each stage.
    """

    n_frames: int = 0
    n_frames_detected: int = 0
    n_alerts: int = 0
    faces_seen_at_s: list[float] = field(default_factory=list)
    faces_seen_by_camera: Counter[str] = field(default_factory=Counter)
    faces_seen_method: str = FACES_SEEN_METHOD
    rejected: Counter[str] = field(default_factory=Counter)
    stage_seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    @property
    def faces_seen(self) -> int:
        """How many faces were seen."""
        return len(self.faces_seen_at_s)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Adds the time spent inside to a stage."""
        start = perf_counter()
        try:
            yield
        finally:
            self.stage_seconds[stage] += perf_counter() - start


@dataclass(kw_only=True)
class Pipeline:
    """One way from frames to alerts; several cameras may share it.

    Parameters
    ----------
    detector, selector, gate, embedder, fusion, matcher, policy
        One of each, see `lfr_kit.stages`; `fusion` joins the templates of one track.
    make_tracker
        Makes a tracker for each new camera.
    detect_every
        Look for faces in every nth frame of a camera, also where the camera dropped some between; tracks
        bridge the others.
    embedder_reason
        One sentence: which embedder this is, and why.
    """

    detector: Detector
    make_tracker: Callable[[], Tracker]
    selector: BestShotSelector
    gate: QualityGate
    embedder: Embedder
    fusion: TrackFusion
    matcher: Matcher
    policy: AlertPolicy
    detect_every: int = 1
    embedder_reason: str = ""
    statistics: Statistics = field(default_factory=Statistics)
    _trackers: dict[str, Tracker] = field(default_factory=dict, init=False)
    _looked_at: dict[str, int] = field(default_factory=dict, init=False)
    _seen: set[tuple[str, int]] = field(default_factory=set, init=False)

    @classmethod
    def from_settings(
        cls, chosen: Settings | None = None, *, threshold: float | None = None, score_scale: str | None = None
    ) -> Pipeline:
        """The pipeline that the settings describe.

        Parameters
        ----------
        chosen
            None = those in force.
        threshold
            Stands over the policy's own.
        score_scale
            On which searches score where the settings leave it open, see `choose_matcher`.

        Raises
        ------
        ConfigurationError, ModelMissingError
            If an algorithm or a setting is unknown, or weights are not on this machine.
        """
        from lfr_kit.embedding.choose import choose_embedder
        from lfr_kit.embedding.fusion import TrackFusion
        from lfr_kit.matching.choose_matcher import choose_matcher

        chosen = chosen or settings_in_force()
        embedder, reason = choose_embedder(chosen.embedder.name, **chosen.embedder.settings)
        matcher = choose_matcher(chosen.matcher.name, embedder.space_id, score_scale, **chosen.matcher.settings)
        if threshold is not None:
            chosen = chosen.setting("policy", threshold=threshold)
        return cls(
            detector=_made("detector", chosen.detector),
            make_tracker=partial(_made, "tracker", chosen.tracker),
            selector=_made("selector", chosen.selector),
            gate=_made("gate", chosen.gate),
            embedder=embedder,
            fusion=TrackFusion(),
            matcher=matcher,
            policy=_policy(chosen.policy, embedder.space_id, matcher),
            detect_every=chosen.detect_every,
            embedder_reason=reason + _caution(chosen.policy, embedder.space_id),
        )

    def process(self, frames: Sequence[Frame]) -> Step:
        """One frame from each of some cameras (in order of time per camera): all stages, one line each.

        Raises
        ------
        LfrError
            Whatever a stage raises. Call `let_go` for each camera then (`steps` does).
        """
        self.statistics.n_frames += len(frames)
        looked_at = [frame for frame in frames if self._is_due(frame)]
        self.statistics.n_frames_detected += len(looked_at)
        timed = self.statistics.timed
        with timed("detection"):
            detections = self.detector.detect(looked_at)
        with timed("tracking"):
            tracks = [self._tracker(d.camera_id).update(d) for d in detections]
        with timed("selection"):
            offers = zip(looked_at, tracks, strict=True)
            shots = [shot for frame, t in offers for shot in self.selector.offer(frame, t)]
        try:
            candidate_lists, alerts = self._compare(shots)
        finally:
            for frame, t in zip(looked_at, tracks, strict=True):
                self._forget(frame.camera_id, t.ended_ids.tolist())
        of_frame = {id(frame): t for frame, t in zip(looked_at, tracks, strict=True)}
        return Step(tuple(frames), tuple(of_frame.get(id(frame)) for frame in frames), candidate_lists, alerts)

    def finish(self, camera_id: str) -> Step:
        """The camera's stream ended: compares what is still held for it, then holds nothing of it.

        Another stream of that camera may follow; its tracks get new ids.
        """
        try:
            with self.statistics.timed("selection"):
                shots = self.selector.flush(camera_id)
            candidate_lists, alerts = self._compare(shots)
        finally:
            self.let_go(camera_id)
        return Step((), (), candidate_lists, alerts)

    def let_go(self, camera_id: str) -> None:
        """Holds nothing of a camera any more, and compares nothing: for a stream that is given up."""
        self.selector.flush(camera_id)
        if camera_id in self._trackers:
            self._trackers[camera_id].flush()
        self._looked_at.pop(camera_id, None)
        self.fusion.forget_camera(camera_id)
        self._seen = {key for key in self._seen if key[0] != camera_id}

    def steps(self, source: FrameSource) -> Iterator[Step]:
        """The loop over one source, with the flush at its end.

        Where it ends otherwise - the caller stops early, the source or a stage fails - what is held is let go
        uncompared: nobody would see the alert, and it would silence the next one.
        """
        try:
            for frame in source:
                yield self.process([frame])
                del frame  # while we wait for the next, which may be long
            yield self.finish(source.camera_id)
        finally:
            self.let_go(source.camera_id)

    def run(self, source: FrameSource) -> Iterator[Alert]:
        """The alerts of one source, each as soon as it is raised."""
        for step in self.steps(source):
            yield from step.alerts
            del step

    def _compare(self, shots: list[BestShot]) -> tuple[tuple[CandidateList, ...], tuple[Alert, ...]]:
        timed = self.statistics.timed
        with timed("quality"):
            admitted = self._admit(shots, self.gate.examine(shots) if shots else [])
        with timed("embedding"):
            templates = self.fusion.add(self.embedder.embed(admitted)) if admitted else []
        with timed("matching"):
            candidate_lists = self.matcher.search(templates)
        with timed("alerting"):
            alerts = self.policy.decide(candidate_lists)
        self.statistics.n_alerts += len(alerts)
        return tuple(candidate_lists), tuple(alerts)

    def _admit(self, shots: list[BestShot], examined: list[BestShot]) -> list[BestShot]:
        """Counts refused shots by reason and faces seen by track; the selector hears of the refused."""
        for shot in examined:
            self.statistics.rejected.update(shot.reasons)
            key = (shot.camera_id, shot.track_id)
            if shot.is_usable and key not in self._seen:
                self._seen.add(key)
                self.statistics.faces_seen_at_s.append(shot.position_s)
                self.statistics.faces_seen_by_camera[shot.camera_id] += 1
        self.selector.refused([shot for shot, seen in zip(shots, examined, strict=True) if not seen.is_usable])
        return [shot for shot in examined if shot.is_usable]

    def _tracker(self, camera_id: str) -> Tracker:
        if camera_id not in self._trackers:
            self._trackers[camera_id] = self.make_tracker()
        return self._trackers[camera_id]

    def _is_due(self, frame: Frame) -> bool:
        """Whether to look for faces in this frame; notes it if so. One out of order is the tracker's to refuse."""
        last = self._looked_at.get(frame.camera_id)
        if last is not None and 0 < frame.frame_index - last < self.detect_every:
            return False
        self._looked_at[frame.camera_id] = frame.frame_index
        return True

    def _forget(self, camera_id: str, ended: list[int]) -> None:
        self.fusion.forget(camera_id, ended)
        self._seen.difference_update((camera_id, track_id) for track_id in ended)


def _made(stage: str, choice: StageChoice) -> Any:
    return create(stage, choice.name, **choice.settings)


def _caution(policy: StageChoice, space_id: str) -> str:
    """What must be said of a threshold that nobody gave and nobody measured."""
    from lfr_kit.alerting.thresholds import is_provisional

    if "threshold" in policy.settings or not is_provisional(space_id):
        return ""
    return "; its default threshold is provisional, measure one with: lfr evaluate identify"


def _policy(choice: StageChoice, space_id: str, matcher: Matcher) -> AlertPolicy:
    """The alert policy; one that takes a threshold is on the matcher's scale, and has a default there."""
    if choice.name == "threshold_with_cooldown":
        from lfr_kit.alerting.thresholds import default_thresholds

        given = {"score_scale": getattr(matcher, "score_scale", "cosine"), **choice.settings}
        if "threshold" not in given:
            given["threshold"] = default_thresholds(space_id, given["score_scale"])
        choice = StageChoice(name=choice.name, settings=given)
    policy: AlertPolicy = _made("policy", choice)
    return policy
