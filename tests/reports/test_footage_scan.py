"""The loop, with a pipeline of a few lines: whatever ends a run, what was found is flushed and recorded."""

from __future__ import annotations

import errno
import gc
import os
import signal
import weakref
from types import SimpleNamespace

import numpy as np
import pytest
from hand_made import make_alert, make_frame, make_shot, make_tracks

from lfr_kit.enrolment import EnrolmentReport
from lfr_kit.errors import OutputError, SourceLostError, SourceUnreadableError
from lfr_kit.pipeline import Statistics, Step
from lfr_kit.records import CandidateList, Template
from lfr_kit.reports import mp4_file
from lfr_kit.reports.footage_scan import INTERRUPTED, Scan, interruptible


class Footage:
    camera_id, n_frames = "gate", 20

    def __init__(self, n=20, fault=None):
        self.n, self.fault = n, fault

    def __iter__(self):
        for i in range(self.n):
            yield make_frame(i)
        if self.fault:
            raise self.fault


class FewLinePipeline:
    """Alerts on frame 2 and once more at the flush; sees one face per frame."""

    def __init__(self):
        self.statistics = Statistics()
        self.policy = SimpleNamespace(threshold=0.5, score_scale="cosine")
        self.embedder = SimpleNamespace(space_id="scripted-1")
        self.embedder_reason = "It was asked for."
        self.matcher = ["anna", "ben"]
        self.frames: list[weakref.ref] = []

    def steps(self, source):
        for frame in source:
            self.statistics.n_frames += 1
            self.statistics.n_frames_detected += 1
            self.frames.append(weakref.ref(frame))
            tracks = make_tracks({3: [20.0, 20, 60, 60]}, frame.frame_index)
            alerts = (make_alert(at_s=frame.position_s),) if frame.frame_index == 2 else ()
            yield Step((frame,), (tracks,), tuple(self.found(alert.shot) for alert in alerts), alerts)
        self.statistics.faces_seen_at_s.append(0.08)
        last = make_alert("ben", 9.0)
        yield Step((), (), (self.found(last.shot), self.found(make_shot(9.5), 0.2)), (last,))

    def found(self, shot, similarity=0.62):
        probe = Template(vector=np.array([1.0, 0.0]), space_id="scripted-1", shot=shot)
        return CandidateList(
            probe=probe,
            reference_ids=["anna"],
            similarities=[similarity],
            comparison_scores=[similarity],
            score_scale="cosine",
            n_enrolled=2,
        )


def scan(source, on_step=lambda *_: None, clip_path=None):
    pipeline = FewLinePipeline()
    plan = Scan(
        pipeline=pipeline,
        enrolment=EnrolmentReport(shots={"anna": make_shot()}, n_photos={"anna": 2}),
        source=source,
        settings={"detector": "scripted"},
        clip_path=clip_path,
    )
    with interruptible() as switch:
        return plan.run(on_step, switch), pipeline


def test_scan_records_counts_scores_and_alerts():
    result, _ = scan(Footage())
    run = result.run
    assert (run.source, run.frames, run.n_enrolled, run.embedder) == ("gate", 20, 2, "scripted")
    assert run.footage_s == pytest.approx(20 / 25)
    assert [(p.at_s, p.is_alert) for p in run.searches] == [(0.08, True), (9.0, True), (9.5, False)]
    assert [(e.alert.reference_id, e.n_photos, e.reference is None) for e in run.alerts] == [
        ("anna", 2, False),
        ("ben", 0, True),
    ]
    assert run.in_view == tuple((i / 25, 1) for i in range(20))
    assert (run.ended_early, result.fault) == ("", None)
    assert "decoding" in run.stage_seconds


def test_scan_record_holds_no_frame_and_only_alerted_faces():
    result, pipeline = scan(Footage())
    gc.collect()
    assert not any(ref() for ref in pipeline.frames)
    images = [e.alert.shot.image for e in result.run.alerts] + [result.run.alerts[0].reference.image]
    reachable, queue = set(), [result.run]
    while queue:
        thing = queue.pop()
        if id(thing) not in reachable and not isinstance(thing, type):
            reachable.add(id(thing))
            queue += gc.get_referents(thing)
            if isinstance(thing, np.ndarray) and thing.ndim == 3:
                assert any(thing is image for image in images)
            assert not isinstance(thing, Template | CandidateList)


def test_scan_interrupted_flushes_records_and_keeps_the_clip_whole(tmp_path):
    def press_ctrl_c(step, recorder):
        if step.frames and recorder.pipeline.statistics.n_frames == 5:
            os.kill(os.getpid(), signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    result, _ = scan(Footage(1000), press_ctrl_c, tmp_path / "a.mp4")
    assert result.run.frames == 5
    assert [entry.alert.reference_id for entry in result.run.alerts] == ["anna", "ben"]
    assert (result.run.ended_early, result.fault) == (INTERRUPTED, None)
    assert signal.getsignal(signal.SIGINT) is before
    import cv2

    video = cv2.VideoCapture(str(tmp_path / "a.mp4"))
    assert sum(1 for _ in iter(lambda: video.read()[0], False)) == 5


def test_scan_interrupted_twice_while_a_stream_hangs_still_records():
    class Hanging(Footage):
        def __iter__(self):
            yield from super().__iter__()
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)
            pytest.fail("a second Ctrl-C did not get through")

    result, _ = scan(Hanging(4))
    assert result.run.frames == 4
    assert result.run.ended_early == INTERRUPTED


def test_scan_lost_source_flushes_and_hands_the_fault_over():
    result, _ = scan(Footage(4, SourceLostError("gate: gone")))
    assert (result.run.frames, len(result.run.alerts)) == (4, 2)
    assert isinstance(result.fault, SourceLostError)
    assert result.run.ended_early == "gate: gone"


def test_scan_fault_handed_over_holds_no_frame(tmp_path, monkeypatch):
    def no_room(self, image):
        raise OSError(errno.ENOSPC, "No space left on device")

    lost = [scan(Footage(4, SourceLostError("gate: gone")))]
    monkeypatch.setattr(mp4_file.Mp4File, "_open", no_room)
    lost.append(scan(Footage(1000), clip_path=tmp_path / "a.mp4"))
    gc.collect()
    for result, pipeline in lost:
        assert result.fault is not None
        assert not any(ref() for ref in pipeline.frames)


def test_scan_waiting_for_a_frame_holds_none():
    class Patient(Footage):
        def __iter__(self):
            for i in range(3):
                frame = make_frame(i)
                given = weakref.ref(frame)
                yield frame
                del frame
                gc.collect()
                assert given() is None

    class LettingGo(FewLinePipeline):
        def steps(self, source):
            for frame in source:
                yield Step((frame,), (None,), (), ())
                del frame

    with interruptible() as switch:
        plan = Scan(pipeline=LettingGo(), enrolment=EnrolmentReport(), source=Patient(), settings={})
        plan.run(lambda *_: None, switch)


def test_scan_of_a_part_says_how_much_was_seen():
    class FromTheMiddle(Footage):
        def __iter__(self):
            for i in range(250, 275):
                yield make_frame(i)

    assert scan(FromTheMiddle())[0].run.footage_s == pytest.approx(1.0)


def test_scan_source_without_a_first_frame_raises(tmp_path):
    with pytest.raises(SourceUnreadableError):
        scan(Footage(0, SourceUnreadableError("not a video")), clip_path=tmp_path / "out" / "a.mp4")
    assert list(tmp_path.iterdir()) == []


def test_scan_clip_without_room_ends_the_run_early_with_all_that_was_found(tmp_path, monkeypatch):
    def no_room(self, image):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(mp4_file.Mp4File, "_open", no_room)
    result, _ = scan(Footage(1000), clip_path=tmp_path / "a.mp4")
    assert isinstance(result.fault, OutputError)
    assert result.run.frames < 1000
    assert [entry.alert.reference_id for entry in result.run.alerts][-1] == "ben"
    assert list(tmp_path.iterdir()) == []


def test_scan_fault_of_ours_leaves_no_clip(tmp_path):
    def broken(_, recorder):
        if recorder.pipeline.statistics.n_frames == 15:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        scan(Footage(), broken, tmp_path / "a.mp4")
    assert list(tmp_path.iterdir()) == []
