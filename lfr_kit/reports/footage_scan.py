"""Footage in, alerts out, with everything a run leaves behind: the loop behind ``lfr scan`` and ``lfr demo``.

However the run ends - footage over, interrupted, camera lost, disk full - what was found until then is
flushed through the pipeline and recorded.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from types import FrameType
from typing import TypeVar

from lfr_kit.enrolment import EnrolmentReport
from lfr_kit.errors import LfrError, OutputError
from lfr_kit.pipeline import Pipeline, Step
from lfr_kit.records import Frame
from lfr_kit.reports.recorder import RunRecorder
from lfr_kit.reports.run_record import RunRecord
from lfr_kit.stages import FrameSource

__all__ = ["Scan", "ScanResult", "interruptible"]

INTERRUPTED = "interrupted at the keyboard"

Fault = TypeVar("Fault", bound=LfrError)


class StopSwitch:
    """Says that a run is to end after the frame in hand."""

    def __init__(self) -> None:
        self.is_thrown = False

    def throw(self, *_: int | FrameType | None) -> None:
        """Ends the run soon; thrown again, at once (KeyboardInterrupt)."""
        if self.is_thrown:
            raise KeyboardInterrupt
        self.is_thrown = True


@contextmanager
def interruptible() -> Iterator[StopSwitch]:
    """Ctrl-C or SIGTERM inside the block throws a switch, instead of tearing the run apart within a write."""
    switch = StopSwitch()
    if threading.current_thread() is not threading.main_thread():
        yield switch
        return
    before = {each: signal.signal(each, switch.throw) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield switch
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def without_frames(fault: Fault) -> Fault:
    """The same fault, which outlives the run, without its way there: that holds the picture in hand."""
    fault.__cause__ = fault.__context__ = None
    return fault.with_traceback(None)


class _Stoppable:
    """A source that ends early when told to, or when it fails after its first frame; it keeps the reason."""

    def __init__(self, source: FrameSource, switch: StopSwitch) -> None:
        self.camera_id, self.n_frames = source.camera_id, source.n_frames
        self.fault: LfrError | None = None
        self.seconds = 0.0
        self._source, self._switch = source, switch

    def __iter__(self) -> Iterator[Frame]:
        frames = iter(self._source)
        n_given = 0
        while not self._switch.is_thrown:
            start = perf_counter()
            try:
                frame = next(frames)
            except StopIteration:
                break
            except LfrError as fault:
                if not n_given:
                    raise
                self.fault = without_frames(fault)
                break
            except KeyboardInterrupt:  # a second Ctrl-C, while a stream kept us waiting
                break
            finally:
                self.seconds += perf_counter() - start
            n_given += 1
            yield frame
            del frame  # while we wait for the next, which may be long


class _ClipInTheMaking:
    """An annotated clip that, when it cannot be written, is given up and says so, so that the run can end well."""

    def __init__(self, path: Path, switch: StopSwitch) -> None:
        from lfr_kit.reports.annotated_clip import AnnotatedClip

        self.fault: OutputError | None = None
        self.seconds = 0.0
        self._clip, self._switch = AnnotatedClip(path), switch

    def add(self, step: Step) -> None:
        self._guarded(lambda: self._clip.add(step))

    def finish(self) -> None:
        self._guarded(self._clip.finish)

    def discard(self) -> None:
        """Leaves nothing of a clip that was not finished."""
        self._clip.file.discard()

    def _guarded(self, act: Callable[[], object]) -> None:
        if self.fault is not None:
            return
        start = perf_counter()
        try:
            act()
        except OutputError as fault:
            self.fault, self._switch.is_thrown = without_frames(fault), True
        self.seconds += perf_counter() - start


@dataclass(frozen=True, eq=False)
class ScanResult:
    """A run's record, and the fault that ended it early, which is for the caller to report after all else."""

    run: RunRecord
    fault: LfrError | None


@dataclass(frozen=True, kw_only=True, eq=False)
class Scan:
    """One source through one pipeline.

    Attributes
    ----------
    pipeline, enrolment
        With references enrolled, and what became of their photos.
    source
        The footage; reports name it by its camera id.
    settings
        What the run is made with, in words.
    clip_path
        Where the annotated clip goes; None = none is made.
    """

    pipeline: Pipeline
    enrolment: EnrolmentReport
    source: FrameSource
    settings: dict[str, str]
    clip_path: Path | None = None

    def run(self, on_step: Callable[[Step, RunRecorder], None], switch: StopSwitch) -> ScanResult:
        """Runs to the end of the footage, or until the switch is thrown.

        Parameters
        ----------
        on_step
            Called after each step, for a progress display; what it is given is not its to keep.
        switch
            From `interruptible`.

        Raises
        ------
        SourceError
            If there is no first frame to be had. Faults after that end the run early and come back
            in the result; so does a clip that cannot be written.
        """
        source = _Stoppable(self.source, switch)
        recorder = RunRecorder(self.pipeline, self.enrolment, self.source.camera_id)
        clip = _ClipInTheMaking(self.clip_path, switch) if self.clip_path is not None else None
        try:
            for step in self.pipeline.steps(source):
                recorder.add(step)
                if clip is not None:
                    clip.add(step)
                on_step(step, recorder)
                del step
            if clip is not None:
                clip.finish()
        finally:
            if clip is not None:
                clip.discard()
        return self._result(recorder, source, clip, switch)

    def _result(
        self, recorder: RunRecorder, source: _Stoppable, clip: _ClipInTheMaking | None, switch: StopSwitch
    ) -> ScanResult:
        spent = {"decoding": source.seconds, **({"annotated clip": clip.seconds} if clip else {})}
        fault = (clip.fault if clip else None) or source.fault
        why = str(fault) if fault else INTERRUPTED if switch.is_thrown else ""
        return ScanResult(recorder.record(settings=self.settings, stage_seconds=spent, ended_early=why), fault)
