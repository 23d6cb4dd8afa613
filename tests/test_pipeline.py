"""The loop itself, with stages small enough to see through: order, counts, flush, and what is let go."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import numpy as np
import pytest

from lfr_kit.alerting.threshold_with_cooldown import ThresholdWithCooldown
from lfr_kit.embedding.fusion import TrackFusion
from lfr_kit.errors import SourceLostError
from lfr_kit.matching.exact import ExactMatcher
from lfr_kit.pipeline import Pipeline
from lfr_kit.records import BestShot, Detections, Frame, Template, Tracks
from lfr_kit.selection.best_quality import BestQualitySelector
from lfr_kit.tracking.iou_kalman import IouKalmanTracker

START = datetime(2026, 1, 1, 12, tzinfo=UTC)


class ColourFootage:
    """Frames of one colour; the colour stands for the person in them, black for nobody."""

    def __init__(self, colours, camera_id="street"):
        self.colours, self.camera_id, self.n_frames = colours, camera_id, len(colours)

    def __iter__(self) -> Iterator[Frame]:
        for i, colour in enumerate(self.colours):
            yield Frame(
                image=np.full((8, 8, 3), colour, np.uint8),
                frame_index=i,
                captured_at=START + timedelta(seconds=i),
                camera_id=self.camera_id,
                position_s=float(i),
            )


class WholeFrameDetector:
    def __init__(self):
        self.looked_at = []

    def detect(self, frames):
        self.looked_at += [frame.frame_index for frame in frames]
        return [self._one(frame) for frame in frames]

    def _one(self, frame):
        empty = Detections.empty(camera_id=frame.camera_id, frame_index=frame.frame_index, n_landmarks=0)
        if not frame.image.any():
            return empty
        return replace(
            empty,
            boxes_px=np.array([[0, 0, 8, 8]]),
            landmarks_px=np.zeros((1, 0, 2)),
            detection_scores=np.ones(1),
        )


class OneTrackUntilNobody:
    """One person at a time; the track ends with the first empty frame."""

    def __init__(self):
        self.track_id, self.live = -1, False

    def update(self, detections):
        ended = []
        if len(detections) and not self.live:
            self.track_id, self.live = self.track_id + 1, True
        elif not len(detections) and self.live:
            ended, self.live = [self.track_id], False
        return Tracks(detections=detections, track_ids=[self.track_id] * len(detections), ended_ids=ended)

    def flush(self):
        ended, self.live = [self.track_id] if self.live else [], False
        nothing = Detections.empty(camera_id="", frame_index=0)
        return Tracks(detections=nothing, track_ids=[], ended_ids=ended)


class EveryFaceSelector:
    """Offers each face at once; holds the last of each camera back until flush if asked to."""

    def __init__(self, *, only_at_flush=False):
        self.only_at_flush, self.held, self.not_passed = only_at_flush, {}, []

    def offer(self, frame, tracks):
        shots = [shot_of(frame, int(track_id)) for track_id in tracks.track_ids]
        if self.only_at_flush:
            self.held.update({frame.camera_id: shots} if shots else {})
            return []
        return shots

    def refused(self, shots):
        self.not_passed += [shot.frame_index for shot in shots]

    def flush(self, camera_id):
        return self.held.pop(camera_id, [])


def shot_of(frame, track_id):
    return BestShot(
        image=frame.image[:4, :4],
        origin_px=[0, 0],
        box_px=[0, 0, 4, 4],
        landmarks_px=np.zeros((0, 2)),
        mesh_px=np.zeros((0, 2)),
        quality=50,
        camera_id=frame.camera_id,
        track_id=track_id,
        frame_index=frame.frame_index,
        captured_at=frame.captured_at,
        position_s=frame.position_s,
    )


class RefuseDark:
    def examine(self, shots):
        return [s if s.image.mean() > 5 else replace(s, reasons=("too_dark",)) for s in shots]


class ColourEmbedder:
    space_id, dimension = "colour", 3

    def embed(self, shots):
        return [template_of(shot.image[0, 0].astype(float), shot) for shot in shots]


def template_of(colour, shot=None):
    vector = np.asarray(colour, np.float32)
    return Template(vector=vector / np.linalg.norm(vector), space_id="colour", shot=shot)


RED, GREEN, BLACK, DIM = (200, 0, 0), (0, 200, 0), (0, 0, 0), (1, 0, 0)


def pipeline(**changes):
    matcher = ExactMatcher()
    matcher.enrol(["red"], [template_of(RED)])
    parts = {
        "detector": WholeFrameDetector(),
        "make_tracker": OneTrackUntilNobody,
        "selector": EveryFaceSelector(),
        "gate": RefuseDark(),
        "embedder": ColourEmbedder(),
        "fusion": TrackFusion(),
        "matcher": matcher,
        "policy": ThresholdWithCooldown(threshold=0.9),
    }
    return Pipeline(**{**parts, **changes})


def test_pipeline_enrolled_person_among_others_is_alerted_once():
    made = pipeline()
    alerts = list(made.run(ColourFootage([GREEN, GREEN, BLACK, RED, RED, RED, BLACK])))
    assert [(a.reference_id, a.shot.position_s) for a in alerts] == [("red", 3.0)]
    assert made.statistics.faces_seen == 2
    assert made.statistics.faces_seen_at_s == [0.0, 3.0]
    assert made.statistics.n_alerts == 1


def test_pipeline_refused_shot_is_counted_by_reason_and_not_compared():
    made = pipeline()
    steps = list(made.steps(ColourFootage([DIM, DIM])))
    assert made.statistics.rejected == {"too_dark": 2}
    assert made.selector.not_passed == [0, 1]
    assert made.statistics.faces_seen == 0
    assert not any(step.candidate_lists for step in steps)


def test_pipeline_detect_every_third_frame_looks_at_those_only():
    made = pipeline(detect_every=3)
    steps = list(made.steps(ColourFootage([RED] * 7)))
    assert made.detector.looked_at == [0, 3, 6]
    assert [step.tracks[0] is not None for step in steps if step.frames] == [True, False, False] * 2 + [True]
    assert (made.statistics.n_frames, made.statistics.n_frames_detected) == (7, 3)


def test_pipeline_end_of_stream_compares_what_is_still_held():
    made = pipeline(selector=EveryFaceSelector(only_at_flush=True))
    assert [a.reference_id for a in made.run(ColourFootage([RED, RED]))] == ["red"]


def test_pipeline_caller_stops_early_nothing_stays_held():
    made = pipeline(selector=EveryFaceSelector(only_at_flush=True))
    steps = made.steps(ColourFootage([RED] * 5))
    next(steps)
    steps.close()
    assert made.selector.held == {}


def test_pipeline_caller_stops_early_no_alert_is_raised_that_nobody_sees():
    made = pipeline(selector=EveryFaceSelector(only_at_flush=True))
    steps = made.steps(ColourFootage([RED] * 5))
    next(steps)
    steps.close()
    assert made.statistics.n_alerts == 0
    assert [a.reference_id for a in made.run(ColourFootage([RED]))] == ["red"]


class BreakingFootage(ColourFootage):
    """Ends in a fault instead of an end."""

    def __iter__(self):
        yield from super().__iter__()
        raise SourceLostError("the camera is gone")


def test_pipeline_source_that_fails_leaves_nothing_held_and_may_come_again():
    made = pipeline(
        make_tracker=partial(IouKalmanTracker, n_confirm=1),
        selector=BestQualitySelector(min_quality=0, smallest_inter_eye_px=0),
    )
    with pytest.raises(SourceLostError):
        list(made.steps(BreakingFootage([GREEN] * 4)))
    assert (len(made.fusion), made._seen, made.selector._tracks) == (0, set(), {})
    assert [a.reference_id for a in made.run(ColourFootage([RED] * 2))] == ["red"]


def test_pipeline_stage_that_fails_keeps_nothing_of_tracks_that_ended():
    made = pipeline()
    frames = list(ColourFootage([GREEN, BLACK, GREEN]))
    made.process(frames[:1])
    assert len(made.fusion) == 1
    made.matcher.search = None
    with pytest.raises(TypeError):
        made.process(frames[1:2])
    assert (len(made.fusion), made._seen) == (0, set())


def test_pipeline_track_ids_of_a_camera_never_come_again():
    made = pipeline(make_tracker=partial(IouKalmanTracker, n_confirm=1))
    ids = [
        track_id
        for _ in range(3)
        for step in made.steps(ColourFootage([GREEN] * 2))
        for tracks in step.tracks
        for track_id in tracks.track_ids.tolist()
    ]
    assert ids == [0, 0, 1, 1, 2, 2]


@pytest.mark.parametrize(
    ("arrived", "looked_at"), [([1, 3, 5, 7], [1, 3, 5, 7]), ([1, 4, 5, 7, 8, 11], [1, 4, 7, 11])]
)
def test_pipeline_camera_that_drops_frames_is_still_looked_at(arrived, looked_at):
    made = pipeline(detect_every=2)
    frames = list(ColourFootage([RED] * 12))
    for index in arrived:
        made.process([frames[index]])
    assert made.detector.looked_at == looked_at


def test_pipeline_detect_every_counts_each_camera_by_itself():
    made = pipeline(detect_every=2)
    north, south = (list(ColourFootage([RED] * 6, name)) for name in ("north", "south"))
    steps = [made.process([n, s]) for n, s in zip(north[:4], south[1:5], strict=True)]
    assert [[tracks is not None for tracks in step.tracks] for step in steps] == [[True] * 2, [False] * 2] * 2


def test_pipeline_waiting_for_a_frame_holds_none():
    seen = []

    class Forgetful:
        camera_id, n_frames = "street", 3

        def __iter__(self):
            for i in range(3):
                (frame,) = ColourFootage([GREEN])
                frame = replace(frame, frame_index=i)
                seen.append(weakref.ref(frame))
                yield frame
                del frame
                gc.collect()
                assert [ref() for ref in seen] == [None] * len(seen)

    assert list(pipeline().run(Forgetful())) == []
    assert len(seen) == 3


def test_pipeline_same_person_on_two_cameras_is_one_alert():
    made = pipeline()
    pairs = zip(ColourFootage([RED] * 3, "north"), ColourFootage([RED] * 3, "south"), strict=True)
    alerts = [alert for pair in pairs for alert in made.process(list(pair)).alerts]
    assert len(alerts) == 1
    assert made.statistics.faces_seen == 2


def test_pipeline_withdrawn_reference_is_not_alerted_in_the_next_frame():
    made = pipeline()
    frames = list(ColourFootage([RED, RED]))
    made.matcher.withdraw(["red"])
    assert made.process(frames[:1]).alerts == ()
    made.matcher.enrol(["red again"], [template_of(RED)])
    assert [a.reference_id for a in made.process(frames[1:]).alerts] == ["red again"]


def test_pipeline_empty_source_gives_no_alert():
    assert list(pipeline().run(ColourFootage([]))) == []


def test_pipeline_after_passers_by_no_frame_crop_or_template_is_alive(monkeypatch):
    born = []
    for record in (Frame, BestShot, Template):
        monkeypatch.setattr(record, "__init__", _remembering(record.__init__, born))
    made = pipeline()
    assert list(made.run(ColourFootage([GREEN] * 4 + [BLACK] + [GREEN] * 2))) == []
    gc.collect()
    enrolled = 1
    assert len(born) > 15 + enrolled
    assert [type(ref()).__name__ for ref in born[enrolled:] if ref() is not None] == []


def _remembering(init, born):
    def remember(self, **fields):
        born.append(weakref.ref(self))
        init(self, **fields)

    return remember


def test_pipeline_time_is_counted_per_stage():
    made = pipeline()
    list(made.run(ColourFootage([RED])))
    assert list(made.statistics.stage_seconds) == [
        *("detection", "tracking", "selection", "quality", "embedding", "matching", "alerting")
    ]
    assert min(made.statistics.stage_seconds.values()) >= 0


def test_pipeline_from_settings_unknown_name_lists_the_right_ones():
    from lfr_kit.config import Settings
    from lfr_kit.errors import UnknownAlgorithmError

    with pytest.raises(UnknownAlgorithmError, match="exact"):
        Pipeline.from_settings(Settings().choosing(matcher="exakt"))


def test_pipeline_from_settings_says_when_its_threshold_was_never_measured(monkeypatch):
    from lfr_kit.alerting import thresholds
    from lfr_kit.config import Settings

    chosen = Settings().choosing(embedder="scripted")
    space_id = Pipeline.from_settings(chosen, threshold=0.9).embedder.space_id
    monkeypatch.setattr(thresholds, "DEFAULT_THRESHOLDS", {(space_id, "cosine"): {1: 0.9}})
    assert "provisional" not in Pipeline.from_settings(chosen).embedder_reason
    monkeypatch.setattr(thresholds, "PROVISIONAL", frozenset({space_id}))
    assert "provisional" in Pipeline.from_settings(chosen).embedder_reason
    assert "provisional" not in Pipeline.from_settings(chosen, threshold=0.9).embedder_reason
