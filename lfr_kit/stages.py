"""The table of contents: one Protocol per stage, in the order a frame passes them.

    1 FrameSource       ->                 Frame
    2 Detector          Frames          -> Detections
    3 Tracker           Detections      -> Tracks
    4 BestShotSelector  Frame, Tracks   -> BestShots
      QualityGate       BestShots       -> BestShots with quality and reasons
    5 Embedder          BestShots       -> Templates
    6 Matcher           Templates       -> CandidateLists
    7 AlertPolicy       CandidateLists  -> Alerts

An algorithm is any object with these members; it need not inherit from anything. Algorithms are
made by name through `lfr_kit.registry`; their constructors take keyword-only settings with defaults.
Every registered algorithm is held to one conformance suite (`lfr_kit.conformance`): empty input
gives empty output, inputs are not changed, the same input gives the same output, rows keep their order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, runtime_checkable

from lfr_kit.records import Alert, BestShot, CandidateList, Detections, Frame, Template, Tracks

__all__ = [
    "AlertPolicy",
    "BestShotSelector",
    "Detector",
    "Embedder",
    "FrameSource",
    "Matcher",
    "QualityGate",
    "Tracker",
]


@runtime_checkable
class FrameSource(Protocol):
    """A camera, or what stands for one."""

    camera_id: str
    n_frames: int | None
    """How many frames it will give; None = not known, or endless. An estimate, for progress only."""

    def __iter__(self) -> Iterator[Frame]:
        """Frames in order of time.

        Raises
        ------
        SourceNotFoundError, SourceUnreadableError
            At the first frame, if there is none to be had.
        SourceLostError
            If a live stream stops and does not come back in time.
        """
        ...


@runtime_checkable
class Detector(Protocol):
    """Finds faces."""

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """One Detections per frame, same order; frames may come from several cameras."""
        ...


@runtime_checkable
class Tracker(Protocol):
    """Says which detections of one camera are the same face over time. One tracker per camera."""

    def update(self, detections: Detections) -> Tracks:
        """All n detections, in their order, each with its track id (-1 = none yet)."""
        ...

    def flush(self) -> Tracks:
        """Ends every live track (end of stream): no detections, `ended_ids` filled."""
        ...


@runtime_checkable
class BestShotSelector(Protocol):
    """Chooses which faces are worth comparing: by quality, never by similarity."""

    def offer(self, frame: Frame, tracks: Tracks) -> list[BestShot]:
        """The shots of this frame, or of tracks that ended with it, to be compared now, best first."""
        ...

    def refused(self, shots: Sequence[BestShot]) -> None:
        """These shots, offered before, did not pass the gate: their tracks still lack a good one."""
        ...

    def flush(self, camera_id: str) -> list[BestShot]:
        """What is still held for a camera whose stream ended; afterwards nothing of it is held."""
        ...


@runtime_checkable
class QualityGate(Protocol):
    """Looks closer at the few shots about to be compared."""

    def examine(self, shots: Sequence[BestShot]) -> list[BestShot]:
        """The same shots in the same order with `quality`, `mesh_px` and `reasons` filled in.

        A shot with reasons is not compared; only the count of each reason leaves.
        """
        ...


@runtime_checkable
class Embedder(Protocol):
    """Makes templates."""

    space_id: str
    """Names the embedding space: network, digest of its weights, version of the alignment."""
    dimension: int
    """d, the length of a template's vector."""

    def embed(self, shots: Sequence[BestShot]) -> list[Template]:
        """One Template per shot, same order, `space_id` set, `shot` filled in."""
        ...


@runtime_checkable
class Matcher(Protocol):
    """Searches the enrolled references. Changes are effective for the next search."""

    def enrol(self, reference_ids: Sequence[str], templates: Sequence[Template]) -> None:
        """Adds references.

        Raises
        ------
        ReferenceConflictError
            If an id is enrolled already, or given twice; nothing is added then.
        SpaceMismatchError
            If the templates are not all of the matcher's embedding space; nothing is added then.
        """
        ...

    def withdraw(self, reference_ids: Sequence[str]) -> None:
        """Removes references; raises UnknownReferenceError (and removes nothing) if one is not there."""
        ...

    def search(self, templates: Sequence[Template]) -> list[CandidateList]:
        """One CandidateList per template, same order; empty where nobody is enrolled.

        Raises
        ------
        SpaceMismatchError
            If a template is of another embedding space than the references.
        """
        ...

    def __len__(self) -> int:
        """How many references are enrolled."""
        ...


@runtime_checkable
class AlertPolicy(Protocol):
    """Decides which candidates a person must look at."""

    def decide(self, candidate_lists: Sequence[CandidateList]) -> list[Alert]:
        """Alerts in the order of the lists; none where nothing reaches the threshold."""
        ...
