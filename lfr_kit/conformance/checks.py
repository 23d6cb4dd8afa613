"""The checks, stage by stage. Each takes what makes the algorithm, and raises ConformanceError."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from dataclasses import replace
from itertools import islice, pairwise
from typing import Any

import numpy as np

from lfr_kit.conformance.comparing import (
    Make,
    alike,
    close,
    content,
    made,
    must_raise,
    repeated,
    require,
    unchanged,
)
from lfr_kit.conformance.inputs import (
    CAMERA,
    FOREIGN_SPACE,
    a_walk,
    faces_at,
    frame_at,
    frames_of_two_cameras,
    portrait,
    some_candidate_lists,
    some_shots,
    some_templates,
    tracked_at,
)
from lfr_kit.errors import (
    ReferenceConflictError,
    SettingError,
    SpaceMismatchError,
    UnknownReferenceError,
)

__all__ = ["CHECKS", "refuses_an_unknown_setting"]


def refuses_an_unknown_setting(make: Make) -> None:
    """A misspelt setting is not passed over."""
    with must_raise(SettingError, "a setting that does not exist"):
        close(make(no_such_setting=1))


def frames_are_in_order(make: Make) -> None:
    """Frames come in order of time, all of the source's camera."""
    with made(make) as source:
        frames = list(islice(source, 6))
        require(all(frame.camera_id == source.camera_id for frame in frames), "a frame is of another camera")
    for earlier, later in pairwise(frames):
        require(later.frame_index > earlier.frame_index, "frame_index does not rise")
        require(later.captured_at >= earlier.captured_at, "captured_at falls")


def frames_repeat(make: Make) -> None:
    """Two instances show the same pictures (a live camera cannot be checked)."""
    repeated(make, lambda source: [(f.frame_index, f.image) for f in islice(source, 6)])


def no_frame_gives_no_detections(make: Make) -> None:
    """Nothing in, nothing out."""
    with made(make) as detector:
        require(detector.detect([]) == [], "detect([]) must give []")


def detections_belong_to_their_frames(make: Make) -> None:
    """One Detections per frame, in order, the same as frame by frame; two runs agree."""
    frames = frames_of_two_cameras()
    with unchanged(frames):
        found = repeated(make, lambda detector: detector.detect(frames))
    require(
        [(d.camera_id, d.frame_index) for d in found] == [(f.camera_id, f.frame_index) for f in frames],
        "one Detections per frame in the same order is due",
    )
    require(len({d.landmarks_px.shape[1] for d in found}) == 1, "the number of landmarks varies")
    with made(make) as detector:
        require(alike(found, [detector.detect([f])[0] for f in frames]), "a batch differs from frame by frame")


def tracks_keep_every_detection(make: Make) -> None:
    """All n faces, unchanged, in their order; two runs agree."""
    walk = a_walk()
    with unchanged(walk):
        tracks = repeated(make, lambda tracker: [tracker.update(d) for d in walk])
    require(content([t.detections for t in tracks]) == content(walk), "detections differ from those given")


def track_ids_are_never_reused(make: Make) -> None:
    """A track that ended does not come back, and every track ends once."""
    with made(make) as tracker:
        live: set[int] = set()
        over: set[int] = set()
        for detections in [*a_walk(), None, *a_walk(), None]:
            tracks = tracker.flush() if detections is None else tracker.update(detections)
            seen = {i for i in tracks.track_ids.tolist() if i >= 0}
            ended = set(tracks.ended_ids.tolist())
            require(not (seen | ended) & over, "an id came back after its track ended")
            require(ended <= live | seen, "a track ended that never was")
            live = (live | seen) - ended
            over |= ended
            require(detections is not None or not live, "flush must end every live track")


def tracker_flush_gives_no_detections(make: Make) -> None:
    """Flushing is no sighting, and flushing twice is harmless."""
    with made(make) as tracker:
        tracker.update(faces_at(0))
        require(len(tracker.flush()) == 0, "flush must give no detections")
        require(len(tracker.flush().ended_ids) == 0, "a second flush must end nothing")


def no_tracks_give_no_shots(make: Make) -> None:
    """Neither an empty frame nor faces without a track give a shot."""
    with made(make) as selector:
        require(selector.offer(frame_at(0), tracked_at(0, [])) == [], "a frame without faces must give []")
        require(selector.offer(frame_at(1), tracked_at(1, [-1])) == [], "a face without a track must give []")


def shots_are_of_the_tracks_offered(make: Make) -> None:
    """Shots carry their track, come best first, and hold no view of the frame; two runs agree."""
    frames, tracks = [frame_at(i) for i in range(3)], [tracked_at(i, [5, -1]) for i in range(3)]
    offers = list(zip(frames, tracks, strict=True))
    with unchanged(frames, tracks):
        calls = repeated(make, lambda s: [*(s.offer(f, t) for f, t in offers), s.flush(CAMERA)])
    for shots in calls:
        require(all(s.track_id == 5 and s.camera_id == CAMERA for s in shots), "a shot of another track")
        qualities = [shot.quality for shot in shots]
        require(qualities == sorted(qualities, reverse=True), "shots must come best first")
        for shot in shots:
            require(not np.shares_memory(shot.image, portrait()), "a shot keeps its frame alive")


def selector_lets_go(make: Make) -> None:
    """After a track ends, or a flush, nothing of it is handed out again."""
    with made(make) as selector:
        for i in range(3):
            selector.offer(frame_at(i), tracked_at(i, [1, 2]))
        selector.offer(frame_at(3), tracked_at(3, [], ended=[1]))
        left = {shot.track_id for shot in selector.flush(CAMERA)}
        require(left <= {2}, "a track that ended was still held")
        require(selector.flush(CAMERA) == [], "a second flush must give nothing")


def selector_keeps_no_picture(make: Make) -> None:
    """Once its tracks ended, of frames and shots nothing is held, also not of those refused."""
    with made(make) as selector:
        given = _shown_to(selector)
        gc.collect()
        require(all(ref() is None for ref in given), "a frame or a shot was kept after its track ended")


def _shown_to(selector: Any) -> list[weakref.ref[Any]]:
    """Shows it two tracks, one of which ends, refuses what it gives, and ends the stream."""
    given: list[weakref.ref[Any]] = []
    for i, (ids, ended) in enumerate([([1, 2], []), ([1, 2], []), ([2], [1]), ([2], [])]):
        frame = frame_at(i)
        shots = selector.offer(frame, tracked_at(i, ids, ended))
        selector.refused(shots)
        given += [weakref.ref(frame), *map(weakref.ref, shots)]
    shots = selector.flush(CAMERA)
    selector.refused(shots)
    return [*given, *map(weakref.ref, shots)]


def shots_are_not_kept(make: Make) -> None:
    """A gate or embedder holds nothing of a shot or template it has answered for."""
    with made(make) as algorithm:
        method = algorithm.examine if hasattr(algorithm, "examine") else algorithm.embed
        given = [weakref.ref(thing) for shots in [some_shots()] for thing in (*shots, *method(shots))]
        gc.collect()
        require(all(ref() is None for ref in given), "a shot or what was made of it was kept")


def probes_are_not_kept(make: Make) -> None:
    """A matcher holds nothing of a probe it has answered for."""
    with made(make) as matcher:
        matcher.enrol(["ada", "bob"], some_templates(2))
        given = [
            weakref.ref(t) for probes in [some_templates(3, seed=1)] for t in (*probes, *matcher.search(probes))
        ]
        gc.collect()
        require(all(ref() is None for ref in given), "a probe or its candidates were kept")


def no_shot_gives_nothing(make: Make) -> None:
    """Nothing in, nothing out."""
    with made(make) as algorithm:
        method = algorithm.examine if hasattr(algorithm, "examine") else algorithm.embed
        require(list(method([])) == [], "[] must give []")


def examined_shots_are_the_same_shots(make: Make) -> None:
    """Same shots, same order, only quality, mesh and reasons filled in; two runs agree."""
    shots = some_shots()
    with unchanged(shots):
        examined = repeated(make, lambda gate: gate.examine(shots))
    plain = [
        replace(e, quality=s.quality, mesh_px=s.mesh_px, reasons=s.reasons)
        for e, s in zip(examined, shots, strict=False)
    ]
    require(content(plain) == content(shots), "the shots are not those given, in their order")


def templates_belong_to_their_shots(make: Make) -> None:
    """One template per shot, in order whatever the batch, of the stated space and length; two runs agree."""
    shots = some_shots()
    with unchanged(shots):
        templates = repeated(make, lambda embedder: embedder.embed(shots))
    require(
        [t.shot is s for t, s in zip(templates, shots, strict=False)] == [True] * len(shots),
        "one template per shot in the same order, with `shot` filled in, is due",
    )
    with made(make) as embedder:
        require({t.space_id for t in templates} == {embedder.space_id}, "space_id differs from the embedder's")
        require(
            {len(t.vector) for t in templates} == {embedder.dimension}, "dimension differs from the embedder's"
        )
        turned = embedder.embed(shots[::-1])[::-1]
    require(alike([t.vector for t in templates], [t.vector for t in turned]), "a template depends on its batch")


def nobody_enrolled_finds_nobody(make: Make) -> None:
    """An empty list for each probe of whatever space, and none for none."""
    with made(make) as matcher:
        require(len(matcher) == 0 and matcher.search([]) == [], "must start empty, and search([]) give []")
        found = matcher.search(some_templates(2))
        require([len(c) for c in found] == [0, 0], "one empty list per probe is due")


def candidates_are_in_rank_order(make: Make) -> None:
    """One list per probe, in order, of people who are enrolled; two runs agree."""
    references, probes = some_templates(30), some_templates(4, seed=1)
    ids = [f"person {i}" for i in range(30)]

    def run(matcher: Any) -> Any:
        matcher.enrol(ids, references)
        return matcher.search(probes)

    with unchanged(ids, references, probes):
        found = repeated(make, run)
    require(
        [c.probe is p for c, p in zip(found, probes, strict=False)] == [True] * len(probes),
        "one list per probe in the same order is due",
    )
    for candidates in found:
        require(set(candidates.reference_ids) <= set(ids), "a candidate who is not enrolled")
        require(candidates.n_enrolled == 30, f"n_enrolled must be 30, is {candidates.n_enrolled}")


def changes_are_effective_at_once(make: Make) -> None:
    """A reference is found from its enrolment to its withdrawal, if anybody is found."""
    ada, bob = some_templates(2)
    with made(make) as matcher:
        matcher.enrol(["bob"], [bob])
        matcher.enrol(["ada"], [ada])
        require(matcher.search([ada])[0].reference_ids[:1] in (("ada",), ()), "the most alike is not first")
        matcher.withdraw(["ada"])
        require("ada" not in matcher.search([ada])[0].reference_ids, "a withdrawn reference was found")
        require(len(matcher) == 1, "len() must count who is enrolled")


def refused_changes_change_nothing(make: Make) -> None:
    """Ids in use or given twice, foreign spaces and unknown ids are refused, as a whole."""
    ada, bob, eve = some_templates(3)
    foreign = some_templates(1, FOREIGN_SPACE)[0]
    with made(make) as matcher:
        matcher.enrol(["ada"], [ada])
        with must_raise(ReferenceConflictError, "an id in use"):
            matcher.enrol(["bob", "ada"], [bob, eve])
        with must_raise(ReferenceConflictError, "an id given twice"):
            matcher.enrol(["bob", "bob"], [bob, eve])
        with must_raise(SpaceMismatchError, "a reference of another space"):
            matcher.enrol(["bob", "eve"], [bob, foreign])
        with must_raise(UnknownReferenceError, "withdrawing who is not enrolled"):
            matcher.withdraw(["ada", "bob"])
        with must_raise(SpaceMismatchError, "a probe of another space"):
            matcher.search([foreign])
        require(len(matcher) == 1, "a refused change had an effect")


def alerts_are_of_the_lists_given(make: Make) -> None:
    """At or above the threshold, of a candidate of the list, in order, each id once; two runs agree."""
    lists = some_candidate_lists()
    with unchanged(lists):
        alerts = repeated(make, lambda policy: policy.decide(lists))
    order = [key for candidates in lists for key in candidates.reference_ids]
    places = [order.index(alert.reference_id) if alert.reference_id in order else -1 for alert in alerts]
    require(-1 not in places and places == sorted(places), "an alert on nobody of the lists, or out of order")
    require(len({alert.alert_id for alert in alerts}) == len(alerts), "an alert_id was given twice")


def no_candidates_give_no_alert(make: Make) -> None:
    """Neither no list nor an empty one alerts."""
    with made(make) as policy:
        require(policy.decide([]) == [], "decide([]) must give []")
        require(policy.decide(some_candidate_lists()[-1:]) == [], "an empty list must give no alert")


CHECKS: dict[str, tuple[Callable[[Make], None], ...]] = {
    "source": (frames_are_in_order, frames_repeat),
    "detector": (no_frame_gives_no_detections, detections_belong_to_their_frames),
    "tracker": (tracks_keep_every_detection, track_ids_are_never_reused, tracker_flush_gives_no_detections),
    "selector": (
        no_tracks_give_no_shots,
        shots_are_of_the_tracks_offered,
        selector_lets_go,
        selector_keeps_no_picture,
    ),
    "gate": (no_shot_gives_nothing, examined_shots_are_the_same_shots, shots_are_not_kept),
    "embedder": (no_shot_gives_nothing, templates_belong_to_their_shots, shots_are_not_kept),
    "matcher": (
        nobody_enrolled_finds_nobody,
        candidates_are_in_rank_order,
        changes_are_effective_at_once,
        refused_changes_change_nothing,
        probes_are_not_kept,
    ),
    "policy": (no_candidates_give_no_alert, alerts_are_of_the_lists_given),
}
"""Stage -> its checks; each takes what makes the algorithm, and raises ConformanceError."""
