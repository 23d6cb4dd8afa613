"""Every registered algorithm of every stage, held to the one suite of its stage."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from lfr_kit import conformance, registry
from lfr_kit.errors import ConformanceError, ModelMissingError
from lfr_kit.records import BestShot, Detections, Frame, Template, Tracks

NEEDS_A_CAMERA = {("source", "camera")}
SETTINGS = {("policy", "threshold_with_cooldown"): {"threshold": 0.95}}
FOOTAGE_SETTING = {"video_file": "path", "image_folder": "folder"}
ALL = [(stage, name) for stage in registry.STAGES for name in registry.available(stage)]


def settings_of(stage: str, name: str, folder: Path) -> dict:
    if name in FOOTAGE_SETTING:
        return {FOOTAGE_SETTING[name]: footage(name, folder)}
    return SETTINGS.get((stage, name), {})


def footage(name: str, folder: Path) -> Path:
    """A few frames of noise, as pictures or as a clip."""
    pictures = np.random.default_rng(0).integers(0, 255, (6, 48, 64, 3), dtype=np.uint8)
    if name == "image_folder":
        from PIL import Image

        for i, picture in enumerate(pictures):
            Image.fromarray(picture).save(folder / f"{i}.png")
        return folder
    return clip(folder / "clip.mp4", pictures)


def clip(path: Path, pictures: np.ndarray) -> Path:
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.height, stream.width, stream.pix_fmt = *pictures.shape[1:3], "yuv420p"
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return path


@pytest.mark.parametrize(("stage", "name"), ALL, ids=lambda part: part)
def test_algorithm_keeps_the_contract_of_its_stage(stage, name, tmp_path):
    if (stage, name) in NEEDS_A_CAMERA:
        pytest.skip("needs a camera")
    try:
        passed = conformance.check(stage, name, **settings_of(stage, name, tmp_path))
    except ModelMissingError as error:
        pytest.skip(f"weights are not on this machine: {error}")
    assert len(passed) == 2 + len(conformance.CHECKS[stage])


def test_every_stage_has_checks():
    assert tuple(conformance.CHECKS) == registry.STAGES


class Offender:
    """An algorithm that breaks one promise, registered for one test."""

    def __init__(self, stage: str, make):
        self.stage, self.make = stage, make

    def __enter__(self):
        registry.register(self.stage, "offender", self.make)

    def __exit__(self, *_):
        registry.unregister(self.stage, "offender")


class ForgetfulTracker:
    """Keeps only the first detection, as trackers that drop unmatched boxes do."""

    def update(self, detections: Detections) -> Tracks:
        kept = detections[:1]
        return Tracks(detections=kept, track_ids=np.arange(len(kept)), ended_ids=np.arange(len(kept)))

    def flush(self) -> Tracks:
        return self.update(Detections.empty(camera_id="", frame_index=0))


class ReusingTracker(ForgetfulTracker):
    """Numbers each frame's faces from 0."""

    def update(self, detections: Detections) -> Tracks:
        ids = np.arange(len(detections))
        return Tracks(detections=detections, track_ids=ids, ended_ids=ids)


class HoardingSelector:
    """Hands out at flush whatever it saw, also of tracks that ended."""

    def __init__(self):
        self.held: list[BestShot] = []

    def offer(self, frame, tracks):
        from lfr_kit.quality.crop import crop_shot

        rows = np.flatnonzero(tracks.track_ids >= 0)
        self.held += [crop_shot(frame, tracks.detections, r, track_id=int(tracks.track_ids[r])) for r in rows]
        return []

    def refused(self, shots):
        pass

    def flush(self, camera_id):
        held, self.held = self.held, []
        return sorted(held, key=lambda shot: -shot.quality)


class DumpingSelector:
    """Remembers what it was told it need not."""

    def __init__(self):
        self.log = []

    def offer(self, frame, tracks):
        from lfr_kit.quality.crop import crop_shot

        rows = np.flatnonzero(tracks.track_ids == 1)
        return [crop_shot(frame, tracks.detections, r, track_id=1) for r in rows]

    def refused(self, shots):
        self.log += shots

    def flush(self, camera_id):
        return []


class CachingEmbedder:
    """Keeps every template, lest the same shot be asked for again."""

    space_id, dimension = "plane", 2

    def __init__(self):
        self.made = []

    def embed(self, shots):
        self.made += [Template(vector=np.eye(2)[0], space_id="plane", shot=shot) for shot in shots]
        return self.made[len(self.made) - len(shots) :]


class LoggingMatcher:
    """Keeps every search for later."""

    def __init__(self):
        from lfr_kit.matching.exact import ExactMatcher

        self.inner, self.log = ExactMatcher(), []
        self.enrol, self.withdraw = self.inner.enrol, self.inner.withdraw

    def __len__(self):
        return len(self.inner)

    def search(self, templates):
        self.log += (found := self.inner.search(templates))
        return found


class ShufflingGate:
    def examine(self, shots):
        return list(shots)[::-1]


class RandomDetector:
    def detect(self, frames):
        box = np.random.default_rng().uniform(0, 9, 2)
        return [
            Detections(
                camera_id=frame.camera_id,
                frame_index=frame.frame_index,
                boxes_px=np.array([[*box, *(box + 20)]]),
                landmarks_px=np.zeros((1, 0, 2)),
                detection_scores=np.ones(1),
            )
            for frame in frames
        ]


class AgreeableMatcher:
    """Mixes embedding spaces without a word."""

    def __init__(self):
        from lfr_kit.matching.exact import ExactMatcher

        self.inner = ExactMatcher()

    def __len__(self):
        return len(self.inner)

    def enrol(self, ids, templates):
        from dataclasses import replace

        self.inner.enrol(ids, [replace(t, space_id="any") for t in templates])

    def withdraw(self, ids):
        self.inner.withdraw(ids)

    def search(self, templates):
        from dataclasses import replace

        found = self.inner.search([replace(t, space_id="any") for t in templates])
        return [replace(f, probe=t) for f, t in zip(found, templates, strict=True)]


class AcceptingPolicy:
    """Takes any setting."""

    def __init__(self, **settings):
        self.settings = settings

    def decide(self, candidate_lists):
        return []


class MeddlingPolicy:
    """Changes what it was given."""

    def decide(self, candidate_lists):
        for candidates in candidate_lists:
            object.__setattr__(candidates, "n_enrolled", 0)
        return []


class ImpatientEmbedder:
    """Gives the second shot's template for the first."""

    space_id, dimension = "plane", 2

    def embed(self, shots):
        vectors = np.eye(2)[np.arange(len(shots)) % 2]
        return [Template(vector=v, space_id="plane", shot=s) for v, s in zip(vectors, shots[::-1], strict=True)]


class BackwardSource:
    """Time runs backwards."""

    camera_id, n_frames = "door", 2

    def __iter__(self):
        for i in (1, 0):
            yield Frame(
                image=np.zeros((2, 2, 3), np.uint8),
                frame_index=i,
                captured_at=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=i),
                camera_id="door",
            )


OFFENDERS = [
    ("policy", MeddlingPolicy, "an input was changed"),
    ("embedder", ImpatientEmbedder, "templates_belong_to_their_shots"),
    ("source", BackwardSource, "frames_are_in_order"),
    ("tracker", ForgetfulTracker, "tracks_keep_every_detection"),
    ("tracker", ReusingTracker, "track_ids_are_never_reused"),
    ("selector", HoardingSelector, "selector_lets_go"),
    ("selector", DumpingSelector, "selector_keeps_no_picture"),
    ("embedder", CachingEmbedder, "shots_are_not_kept"),
    ("matcher", LoggingMatcher, "probes_are_not_kept"),
    ("gate", ShufflingGate, "examined_shots_are_the_same_shots"),
    ("detector", RandomDetector, "detections_belong_to_their_frames"),
    ("matcher", AgreeableMatcher, "refused_changes_change_nothing"),
    ("policy", AcceptingPolicy, "refuses_an_unknown_setting"),
    ("embedder", ShufflingGate, "lacks a member of Embedder"),
]


@pytest.mark.parametrize(("stage", "make", "check"), OFFENDERS, ids=lambda part: getattr(part, "__name__", part))
def test_check_of_an_offender_names_the_broken_promise(stage, make, check):
    with Offender(stage, make), pytest.raises(ConformanceError, match=check):
        conformance.check(stage, "offender")
