"""Operating curves on photographs: levels of a condition, each with its templates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from lfr_kit.errors import SettingError
from lfr_kit.evaluation.curve_conditions import Condition
from lfr_kit.evaluation.curve_photos import CurvePhotos, degraded_templates, face_heights
from lfr_kit.evaluation.degradation import Degradation
from lfr_kit.evaluation.open_set_study import matcher_maker
from lfr_kit.evaluation.operating_curve import CurveLevel
from lfr_kit.evaluation.photos import PhotoStages, templates_of

__all__ = ["PhotoSetup", "comparison_levels", "degradation_levels", "photo_levels"]

Level = float | str


@dataclass(frozen=True, eq=False)
class PhotoSetup:
    """What levels are made from.

    Attributes
    ----------
    photos
        References, filler and probes.
    make_stages
        Stages for crops of that name, None = the embedder's own.
    n_enrolled, normalisation, matcher
        As in `open_set_study`; 0 enrolled = half of the people with probes.
    seed
        Of noise.
    progress
        Called with the number of photographs done since the last call.
    """

    photos: CurvePhotos
    make_stages: Callable[[str | None], PhotoStages]
    n_enrolled: int = 0
    normalisation: str = "none"
    matcher: str = "exact"
    seed: int = 0
    progress: Callable[[int], None] | None = None

    @property
    def n_listed(self) -> int:
        """People on the list per draw."""
        n_filler = len(self.photos.references) - len(self.photos.probes)
        return self.n_enrolled or len(self.photos.probes) // 2 + n_filler


def photo_levels(condition: Condition, levels: Sequence[Level], setup: PhotoSetup) -> list[CurveLevel]:
    """The levels of a condition on photographs, that of a degradation's neutral level first.

    Raises
    ------
    SettingError
        If a level is out of range, or the condition needs passes.
    """
    if condition.kind == "degradation":
        return degradation_levels(condition, levels, setup)
    if condition.kind == "comparison":
        return comparison_levels(condition, levels, setup)
    raise SettingError(f"{condition.name}: needs passes; give --clips TABLE or --walks")


def degradation_levels(condition: Condition, levels: Sequence[Level], setup: PhotoSetup) -> list[CurveLevel]:
    """Probes as they are, then after the degradation at each level; references stay as they are."""
    stages = setup.make_stages(None)
    heights = face_heights(setup.photos.probes, stages, setup.progress)
    own_height = float(np.round(np.nanmedian(list(heights.values())))) if heights else float("nan")
    neutral = own_height if condition.neutral is None else condition.neutral
    if condition.neutral is None and not all(
        level < neutral for level in levels if isinstance(level, int | float)
    ):
        raise SettingError(f"levels: below {neutral:g} px, the median height of the faces; nothing is enlarged")
    references = templates_of(setup.photos.references, stages, progress=setup.progress)
    degrade = condition.degrade or (lambda _: Degradation())
    steps = [(neutral, Degradation()), *((float(level), degrade(float(level))) for level in levels)]
    make = partial(degraded_templates, heights, stages=stages, seed=setup.seed, progress=setup.progress)
    return [
        CurveLevel(
            level=level,
            references=references,
            probes=make(degradation),
            people=setup.photos.people,
            n_enrolled=setup.n_listed,
            make_matcher=matcher_maker(setup.matcher, setup.normalisation),
        )
        for level, degradation in steps
    ]


def comparison_levels(condition: Condition, levels: Sequence[Level], setup: PhotoSetup) -> list[CurveLevel]:
    """The same photographs compared in several ways: other crops, normalisations, sizes of the list."""
    first = _as_taken(setup, None if condition.name != "crops" else str(levels[0]))
    if condition.name == "list-size":
        return [replace(first, level=level, n_enrolled=int(level)) for level in levels]
    if condition.name == "normalisation":
        makers = [(level, matcher_maker(setup.matcher, str(level))) for level in levels]
        return [replace(first, level=level, make_matcher=maker) for level, maker in makers]
    others = [_as_taken(setup, str(crops)) for crops in levels[1:]]
    return [replace(each, level=level) for each, level in zip([first, *others], levels, strict=True)]


def _as_taken(setup: PhotoSetup, crops: str | None) -> CurveLevel:
    stages = setup.make_stages(crops)
    return CurveLevel(
        level="",
        references=templates_of(setup.photos.references, stages, progress=setup.progress),
        probes=templates_of(setup.photos.probes, stages, progress=setup.progress),
        people=setup.photos.people,
        n_enrolled=setup.n_listed,
        make_matcher=matcher_maker(setup.matcher, setup.normalisation),
    )
