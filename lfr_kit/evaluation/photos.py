"""Photographs to templates, in memory only; a face that is not acquired is counted by reason, never dropped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lfr_kit.config import StageChoice, settings
from lfr_kit.enrolment import best_shot_of
from lfr_kit.errors import EnrolmentError, ImageError, SettingError
from lfr_kit.records import BestShot, Image, Template
from lfr_kit.registry import create
from lfr_kit.sources.image_file import read_image
from lfr_kit.stages import Detector, Embedder, QualityGate

__all__ = ["Admission", "PhotoStages", "PhotoTemplates", "admission_gate", "photo_stages", "templates_of"]

Admission = Literal["probe", "reference", "all"]


@dataclass(frozen=True, eq=False)
class PhotoStages:
    """The stages a photograph goes through."""

    detector: Detector
    gate: QualityGate
    embedder: Embedder


@dataclass(frozen=True, eq=False)
class PhotoTemplates:
    """One template or one reason per photograph.

    Attributes
    ----------
    templates
        n templates without their pictures; None = not acquired.
    reasons
        n reason codes, ``""`` where there is a template.
    """

    templates: tuple[Template | None, ...]
    reasons: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.templates)

    @property
    def failed(self) -> Counter[str]:
        """Photographs not acquired, by reason."""
        return Counter(reason for reason in self.reasons if reason)

    @property
    def vectors(self) -> NDArray[np.float32]:
        """(n, d) float32, NaN rows where not acquired; (n, 0) where nothing was."""
        d = next((len(t.vector) for t in self.templates if t is not None), 0)
        rows = np.full((len(self), d), np.nan, np.float32)
        for row, template in zip(rows, self.templates, strict=True):
            if template is not None:
                row[:] = template.vector
        return rows


class _AdmitAll:
    """A gate that looks (the alignment may need its mesh) and refuses nobody."""

    def __init__(self, gate: QualityGate) -> None:
        self._gate = gate

    def examine(self, shots: Sequence[BestShot]) -> list[BestShot]:
        return [replace(shot, reasons=()) for shot in self._gate.examine(shots)]


def admission_gate(admission: Admission) -> QualityGate:
    """The quality gate of live probes, the stricter one of references, or one that admits every face found.

    Raises
    ------
    SettingError
        If `admission` is another word.
    """
    choices = {"probe": settings().gate, "reference": settings().reference_gate, "all": settings().gate}
    if admission not in choices:
        raise SettingError(f"admission: one of {', '.join(choices)}, got {admission!r}")
    choice = choices[admission]
    gate: QualityGate = create("gate", choice.name, **choice.settings)
    return _AdmitAll(gate) if admission == "all" else gate


def photo_stages(
    *, detector: str | None = None, embedder: str = "auto", crops: str | None = None, admission: Admission = "all"
) -> tuple[PhotoStages, str]:
    """The stages of these names, and a sentence on which embedder it is and why.

    Parameters
    ----------
    detector
        None = the one in the settings, with its settings.
    embedder, crops
        As `lfr_kit.embedding.choose.choose_embedder` takes them; None = that embedder's default.
    admission
        Which quality gate.

    Raises
    ------
    UnknownAlgorithmError, SettingError, ModelMissingError
        If a name is not known, a setting is wrong, or weights are not on this machine.
    """
    from lfr_kit.embedding.choose import choose_embedder

    choice = settings().detector if detector is None else StageChoice(name=detector)
    made, why = choose_embedder(embedder, **({} if crops is None else {"crops": crops}))
    gate = admission_gate(admission)
    return PhotoStages(create("detector", choice.name, **choice.settings), gate, made), why


def templates_of(
    paths: Sequence[Path],
    stages: PhotoStages,
    *,
    batch_size: int = 16,
    read: Callable[[Path], Image] = read_image,
    progress: Callable[[int], None] | None = None,
) -> PhotoTemplates:
    """Templates of the main face of each photograph.

    Parameters
    ----------
    paths
        Photographs; of several faces the largest, most central one counts.
    batch_size
        How many are held and embedded at once.
    read
        Gives the picture of a path; another one than the file's own where photographs are changed first.
    progress
        Called with the number done since the last call.
    """
    templates: list[Template | None] = []
    reasons: list[str] = []
    for start in range(0, len(paths), batch_size):
        batch = paths[start : start + batch_size]
        outcomes = [_acquire(path, stages, read) for path in batch]
        shots = [outcome for outcome in outcomes if isinstance(outcome, BestShot)]
        # The picture is let go here: only numbers are kept of thousands of photographs.
        made = iter([replace(t, shot=None) for t in stages.embedder.embed(shots)])
        templates += [next(made) if isinstance(outcome, BestShot) else None for outcome in outcomes]
        reasons += ["" if isinstance(outcome, BestShot) else outcome for outcome in outcomes]
        if progress is not None:
            progress(len(batch))
    return PhotoTemplates(tuple(templates), tuple(reasons))


def _acquire(path: Path, stages: PhotoStages, read: Callable[[Path], Image]) -> BestShot | str:
    """The main face, or why there is none."""
    try:
        return best_shot_of(read(path), stages.detector, stages.gate, pick="main")
    except (ImageError, EnrolmentError) as error:
        return error.reason
