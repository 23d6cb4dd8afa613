"""Many reference pictures at once: decoded, looked at, judged and embedded in common batches, in flat memory.

A few pictures make a chunk; one thread per core carries a chunk through every step, so that one decodes and cuts
while the other's networks compute. What comes out is what `lfr_kit.enrolment.best_shot_of` and the embedder give
one by one, in the order the pictures came in, with the reason where nobody can be enrolled from a picture.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lfr_kit.config import Settings, settings
from lfr_kit.enrolment import bordered, chosen_face, still_frame
from lfr_kit.errors import EnrolmentError, ImageError
from lfr_kit.quality.crop import crop_shot
from lfr_kit.quality.reference_report import ReferenceReport, Surroundings, reference_report
from lfr_kit.records import BestShot, Detections, Frame, Image
from lfr_kit.registry import create
from lfr_kit.stages import Detector, Embedder, QualityGate

__all__ = ["BatchEnroller", "PictureFile", "PictureFound"]

MOST_PX = 1200
"""Longest side of a face with its margin: of a larger one the networks, 150 to 192 px wide, see nothing more."""

_CHUNK = 16
_CHUNK_BYTES = 32_000_000
_PIXELS_AT_ONCE = 12_000_000
"""Pixels held decoded at a time, per thread, unless a single picture has more."""
_JPEG_QUALITY = 92


@dataclass(frozen=True)
class PictureFile:
    """A picture to enrol somebody from.

    Attributes
    ----------
    key
        Whatever the caller knows it by; comes back.
    content
        The bytes of the file.
    is_old
        Whether it was taken so long ago that it is warned of.
    """

    key: Any
    content: bytes
    is_old: bool = False


@dataclass(frozen=True, eq=False)
class PictureFound:
    """What a picture gave.

    Attributes
    ----------
    key
        Of its `PictureFile`.
    vector
        (d,) float32 of unit length; None = nobody can be enrolled from it.
    jpeg
        The face with a margin and nothing beyond, for people to look at; no metadata. Empty without a vector.
    quality
        0..100, of the face; None where none was found.
    report
        Measures and verdict; None where no face was found to measure.
    reason, message
        A stable code and what to do, where there is no vector; else empty.
    """

    key: Any
    vector: NDArray[np.float32] | None = None
    jpeg: bytes = b""
    quality: float | None = None
    report: ReferenceReport | None = None
    reason: str = ""
    message: str = ""


class BatchEnroller:
    """See the module.

    Parameters
    ----------
    detector, gate, embedder
        As for a single picture; they must bear being used from several threads, as the built-in ones do.
    n_threads
        Chunks under way at once; 0 = one per core.
    pick
        See `lfr_kit.enrolment.best_shot_of`.
    """

    def __init__(
        self,
        detector: Detector,
        gate: QualityGate,
        embedder: Embedder,
        *,
        n_threads: int = 0,
        pick: Literal["only", "main"] = "only",
    ) -> None:
        self.detector = detector
        self.gate = gate
        self.embedder = embedder
        self.n_threads = n_threads or _n_cores()
        self.pick = pick

    @classmethod
    def from_settings(cls, chosen: Settings | None = None, *, crops: str | None = None) -> BatchEnroller:
        """The detector, the gate of references and the embedder of the settings.

        Parameters
        ----------
        chosen
            None = the settings in force.
        crops
            How many crops a template is made of, see `lfr_kit.embedding.crops`; None = the embedder's own default.

        Raises
        ------
        ConfigurationError, ModelMissingError
            If an algorithm or a setting is unknown, or weights are not on this machine.
        """
        from lfr_kit.embedding.choose import choose_embedder

        chosen = (chosen or settings()).setting("embedder", crops=crops)
        embedder, _ = choose_embedder(chosen.embedder.name, **chosen.embedder.settings)
        gate = create("gate", chosen.reference_gate.name, **chosen.reference_gate.settings)
        return cls(create("detector", chosen.detector.name, **chosen.detector.settings), gate, embedder)

    def enrol(self, pictures: Iterable[PictureFile]) -> Iterator[PictureFound]:
        """One `PictureFound` per picture, in order; at most `n_threads` + 1 chunks are held.

        Pictures are asked for as they are needed, in the calling thread.
        """
        waiting: deque[Future[list[PictureFound]]] = deque()
        with ThreadPoolExecutor(self.n_threads, thread_name_prefix="enrol") as pool:
            try:
                for chunk in _chunks(pictures):
                    waiting.append(pool.submit(self._enrol_chunk, chunk))
                    if len(waiting) > self.n_threads:
                        yield from waiting.popleft().result()
                while waiting:
                    yield from waiting.popleft().result()
            finally:
                for future in waiting:
                    future.cancel()

    def _enrol_chunk(self, chunk: Sequence[PictureFile]) -> list[PictureFound]:
        found: list[PictureFound | None] = [None] * len(chunk)
        rows, shots, rooms = [], [], []
        for row, (shot, around) in self._shots(chunk, found):
            rows.append(row)
            shots.append(shot)
            rooms.append(around)
        usable = []
        for row, shot, around in zip(rows, self.gate.examine(shots), rooms, strict=True):
            report = reference_report(shot, around, is_old=chunk[row].is_old)
            if report.rejected_for:
                found[row] = _not_good_enough(chunk[row].key, shot, report)
            else:
                usable.append((row, shot, report))
        templates = self.embedder.embed([shot for _, shot, _ in usable])
        for (row, shot, report), template in zip(usable, templates, strict=True):
            found[row] = PictureFound(
                chunk[row].key, template.vector, _face_jpeg(shot), quality=shot.quality, report=report
            )
        return [one for one in found if one is not None]

    def _shots(
        self, chunk: Sequence[PictureFile], found: list[PictureFound | None]
    ) -> Iterator[tuple[int, tuple[BestShot, Surroundings]]]:
        """The face of each picture that has one; in `found` goes why the others have none."""
        from lfr_kit.sources.image_file import read_image

        held: list[tuple[int, Image]] = []
        for row, picture in enumerate(chunk):
            try:
                held.append((row, read_image(picture.content)))
            except ImageError as error:
                found[row] = PictureFound(picture.key, reason=error.reason, message=str(error))
            is_last = row == len(chunk) - 1
            if held and (is_last or sum(image.size // 3 for _, image in held) >= _PIXELS_AT_ONCE):
                yield from self._faces(chunk, held, found)
                held = []

    def _faces(
        self, chunk: Sequence[PictureFile], held: Sequence[tuple[int, Image]], found: list[PictureFound | None]
    ) -> Iterator[tuple[int, tuple[BestShot, Surroundings]]]:
        frames = [still_frame(image) for _, image in held]
        for (row, image), frame, seen in zip(held, frames, self.detector.detect(frames), strict=True):
            try:
                yield row, self._cut(image, frame, seen)
            except EnrolmentError as error:
                found[row] = PictureFound(chunk[row].key, reason=error.reason, message=str(error))

    def _cut(self, image: Image, frame: Frame, seen: Detections) -> tuple[BestShot, Surroundings]:
        """The face meant, with its surroundings; where none was found, it is looked for with a border."""
        border = 0
        if not len(seen):
            frame = still_frame(bordered(image))
            (seen,) = self.detector.detect([frame])
            border = _border(image, frame)
        row = chosen_face(frame, seen, pick=self.pick)
        width, height = frame.size_wh
        around = Surroundings(
            area_px=(border, border, width - border, height - border), rival_share=_rival_share(seen, row)
        )
        shot = crop_shot(frame, seen, row)
        return _bounded(shot, around)


def _border(image: Image, frame: Frame) -> int:
    """How wide the border is that `bordered` put around the picture."""
    step = 1 + max(image.shape[:2]) // 2000
    return (frame.size_wh[0] - len(range(0, image.shape[1], step))) // 2


def _rival_share(seen: Detections, row: int) -> float:
    areas = np.prod(seen.boxes_px[:, 2:] - seen.boxes_px[:, :2], axis=1)
    others = np.delete(areas, row)
    return float(others.max(initial=0.0) / max(float(areas[row]), 1e-6))


def _bounded(shot: BestShot, around: Surroundings) -> tuple[BestShot, Surroundings]:
    """A huge face is brought to `MOST_PX`, and its surroundings with it, so that memory does not grow with it."""
    import cv2

    height, width = shot.image.shape[:2]
    scale = MOST_PX / max(height, width)
    if scale >= 1:
        return shot, around
    size_wh = (max(round(width * scale), 1), max(round(height * scale), 1))
    smaller = replace(
        shot,
        image=np.asarray(cv2.resize(shot.image, size_wh, interpolation=cv2.INTER_AREA), np.uint8),
        origin_px=shot.origin_px * scale,
        box_px=shot.box_px * scale,
        landmarks_px=shot.landmarks_px * scale,
    )
    x1, y1, x2, y2 = (scale * side for side in around.area_px)
    return smaller, replace(around, area_px=(x1, y1, x2, y2))


def _not_good_enough(key: Any, shot: BestShot, report: ReferenceReport) -> PictureFound:
    reasons = ", ".join(report.rejected_for)
    return PictureFound(
        key,
        quality=shot.quality,
        report=report,
        reason=report.rejected_for[0],
        message=f"the face is not good enough ({reasons}); use another picture",
    )


def _face_jpeg(shot: BestShot) -> bytes:
    import cv2

    _, encoded = cv2.imencode(
        ".jpg", cv2.cvtColor(shot.image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
    )
    return encoded.tobytes()


def _chunks(pictures: Iterable[PictureFile]) -> Iterator[list[PictureFile]]:
    """Up to `_CHUNK` pictures, and about `_CHUNK_BYTES` of file, at a time."""
    chunk: list[PictureFile] = []
    n_bytes = 0
    for picture in pictures:
        chunk.append(picture)
        n_bytes += len(picture.content)
        if len(chunk) == _CHUNK or n_bytes >= _CHUNK_BYTES:
            yield chunk
            chunk, n_bytes = [], 0
    if chunk:
        yield chunk


def _n_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
