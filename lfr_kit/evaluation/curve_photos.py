"""Photographs for an operating curve: whose, and their templates after a degradation."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lfr_kit.enrolment import best_shot_of
from lfr_kit.errors import EnrolmentError, ImageError, SettingError
from lfr_kit.evaluation.degradation import Degradation, degraded
from lfr_kit.evaluation.photos import PhotoStages, PhotoTemplates, templates_of
from lfr_kit.records import Image
from lfr_kit.registry import create
from lfr_kit.sources.image_file import read_image

__all__ = ["CurvePhotos", "choose_photos", "degraded_templates", "face_heights"]

Progress = Callable[[int], None] | None


@dataclass(frozen=True)
class CurvePhotos:
    """One reference and one probe per person, and filler.

    Attributes
    ----------
    references
        p + f photographs: of p people with a probe, then of f without.
    probes
        p photographs, in the order of the people.
    """

    references: tuple[Path, ...]
    probes: tuple[Path, ...]

    @property
    def people(self) -> NDArray[np.intp]:
        """(p,) row of each probe's person among the references."""
        return np.arange(len(self.probes))


def choose_photos(people: Mapping[str, Sequence[Path]], n_people: int, n_filler: int, seed: int) -> CurvePhotos:
    """Draws people with two or more photographs, first and second each, and filler from everybody else.

    Parameters
    ----------
    people
        Name -> photographs, as `tables.people_in` gives them.
    n_people
        0 = all that have two.

    Raises
    ------
    SettingError
        If there are not so many.
    """
    rng = np.random.default_rng(seed)
    with_two = [name for name, paths in people.items() if len(paths) >= 2]
    wanted = n_people or len(with_two)
    if not 4 <= wanted <= len(with_two):
        raise SettingError(
            f"people: {wanted} asked for, {len(with_two)} have two photographs; at least 4 are needed"
        )
    chosen = [with_two[i] for i in sorted(rng.permutation(len(with_two))[:wanted])]
    others = sorted(set(people) - set(chosen))
    if n_filler > len(others):
        raise SettingError(f"filler: {n_filler} people asked for, {len(others)} are left")
    filler = [others[i] for i in sorted(rng.permutation(len(others))[:n_filler])]
    return CurvePhotos(
        references=tuple(people[name][0] for name in [*chosen, *filler]),
        probes=tuple(people[name][1] for name in chosen),
    )


def face_heights(paths: Sequence[Path], stages: PhotoStages, progress: Progress = None) -> dict[Path, float]:
    """Height in pixels of the main face of each photograph as the detector draws it; NaN where it finds none."""
    heights, gate = {}, create("gate", "open")
    for path in paths:
        try:
            shot = best_shot_of(read_image(path), stages.detector, gate, pick="main")
            heights[path] = float(shot.box_px[3] - shot.box_px[1])
        except (ImageError, EnrolmentError):
            heights[path] = float("nan")
        if progress is not None:
            progress(1)
    return heights


def degraded_templates(
    heights_px: Mapping[Path, float],
    degradation: Degradation,
    stages: PhotoStages,
    *,
    seed: int = 0,
    progress: Progress = None,
) -> PhotoTemplates:
    """Templates of photographs after a degradation: detected, examined and compared as they then are.

    Parameters
    ----------
    heights_px
        Photographs and the heights of their faces, as `face_heights` gives them. One whose face is not found
        even as it is stays as it is, and fails at every level.
    seed
        Of the noise; every photograph has its own stream by its name.
    """

    def read(path: Path) -> Image:
        image, height = read_image(path), heights_px[path]
        if not np.isfinite(height):
            return image
        own = (seed << 32) + zlib.crc32(f"{path.parent.name}/{path.name}".encode())
        return degraded(image, degradation, face_height_px=height, seed=own)

    return templates_of(list(heights_px), stages, read=read, progress=progress)
