"""Operating curves over passes: frame rate, shots fused, distance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lfr_kit.embedding.fusion import fuse
from lfr_kit.errors import TableError
from lfr_kit.evaluation.curve_conditions import Condition
from lfr_kit.evaluation.curve_study import PhotoSetup
from lfr_kit.evaluation.labelled_passes import (
    LabelledPass,
    chosen_shots,
    passes_of_clips,
    passes_of_walks,
    read_clips,
    walks_of,
)
from lfr_kit.evaluation.open_set_study import matcher_maker
from lfr_kit.evaluation.operating_curve import CurveLevel
from lfr_kit.evaluation.photos import PhotoStages, PhotoTemplates, templates_of
from lfr_kit.records import BestShot, Template

__all__ = ["PassTemplateMaker", "levels_of_clips", "levels_of_walks", "pass_levels", "rows_of_people"]


class PassTemplateMaker:
    """Templates of chosen shots of passes; a shot is examined and embedded once, however often it is chosen."""

    def __init__(self, stages: PhotoStages) -> None:
        self._stages = stages
        self._made: dict[int, Template | str] = {}
        self._shots: list[BestShot] = []  # keeps them alive, so that no id is used twice

    def of(self, chosen: Sequence[Sequence[BestShot]]) -> PhotoTemplates:
        """One template per pass, fused of its chosen shots; without any that is admitted, the reason."""
        self._make([shot for shots in chosen for shot in shots if id(shot) not in self._made])
        templates: list[Template | None] = []
        reasons = []
        for shots in chosen:
            made = [self._made[id(shot)] for shot in shots]
            admitted = [each for each in made if isinstance(each, Template)]
            refused = [each for each in made if isinstance(each, str)]
            templates.append(replace(fuse(admitted), shot=None) if admitted else None)
            reasons.append("" if admitted else refused[0] if refused else "no_face")
        return PhotoTemplates(tuple(templates), tuple(reasons))

    def _make(self, shots: list[BestShot], batch_size: int = 16) -> None:
        for start in range(0, len(shots), batch_size):
            batch = shots[start : start + batch_size]
            examined = self._stages.gate.examine(batch)
            usable = [each for each in examined if each.is_usable]
            made = iter(self._stages.embedder.embed(usable))
            for shot, seen in zip(batch, examined, strict=True):
                self._made[id(shot)] = next(made) if seen.is_usable else seen.reasons[0]
            self._shots += batch


def rows_of_people(people: Sequence[str], names: Sequence[str]) -> NDArray[np.intp]:
    """(n,) row in `names` of each person.

    Raises
    ------
    TableError
        If somebody passes of whom there is no reference.
    """
    row = {name: number for number, name in enumerate(names)}
    unknown = sorted(set(people) - row.keys())
    if unknown:
        raise TableError(f"no reference of {', '.join(unknown[:5])}: add a folder of that name with a photograph")
    return np.array([row[person] for person in people], np.intp)


def pass_levels(
    condition: Condition,
    levels: Sequence[float | str],
    passes: Sequence[LabelledPass],
    first: CurveLevel,
    stages: PhotoStages,
) -> list[CurveLevel]:
    """The levels of a condition on passes.

    Parameters
    ----------
    passes
        n, in the order of `first.people`.
    first
        References, people, list and matcher; its probes are replaced.
    """
    maker = PassTemplateMaker(stages)
    numbers = [float(level) for level in levels]
    made = []
    for level in levels:
        choose = _choice(condition.name, float(level), numbers)
        made.append(replace(first, level=level, probes=maker.of([choose(each.shots) for each in passes])))
    return made


def _choice(name: str, level: float, levels: Sequence[float]) -> Callable[[Sequence[BestShot]], list[BestShot]]:
    """What a level of a condition chooses from a pass."""
    if name == "every-nth":
        return lambda shots: chosen_shots(shots, every_nth=int(level))
    if name == "best-shots":
        return lambda shots: chosen_shots(shots, n_best=int(level))
    above = min((other for other in levels if other > level), default=float("inf"))
    return lambda shots: chosen_shots(shots, heights_px=(level, above))


def levels_of_clips(
    condition: Condition, levels: Sequence[float | str], setup: PhotoSetup, *, table: Path, names: Sequence[str]
) -> list[CurveLevel]:
    """Levels on labelled clips, whose people all have a reference among `names`, in the order of `setup.photos`.

    Raises
    ------
    TableError, SourceError
        If the table is wrong, somebody has no reference, or a clip cannot be read.
    """
    stages = setup.make_stages(None)
    spans = read_clips(table, table.parent)
    passes = passes_of_clips(spans, stages.detector, setup.progress)
    return _levels_of_passes(
        condition, levels, setup, passes, rows_of_people([each.person for each in passes], names)
    )


def levels_of_walks(condition: Condition, levels: Sequence[float | str], setup: PhotoSetup) -> list[CurveLevel]:
    """Levels on generated footage in which the heads of the probes walk; whoever has no face there is left out."""
    stages = setup.make_stages(None)
    heads = {str(row): path for row, path in enumerate(setup.photos.probes)}
    passes = passes_of_walks(walks_of(heads, stages.detector, seed=setup.seed), stages.detector, setup.progress)
    return _levels_of_passes(
        condition, levels, setup, passes, np.array([int(each.person) for each in passes], np.intp)
    )


def _levels_of_passes(
    condition: Condition,
    levels: Sequence[float | str],
    setup: PhotoSetup,
    passes: Sequence[LabelledPass],
    people: NDArray[np.intp],
) -> list[CurveLevel]:
    stages = setup.make_stages(None)
    references = templates_of(setup.photos.references, stages, progress=setup.progress)
    n_with_probes = len(np.unique(people))
    first = CurveLevel(
        level="",
        references=references,
        probes=PhotoTemplates((None,) * len(passes), ("",) * len(passes)),
        people=people,
        n_enrolled=setup.n_enrolled or n_with_probes // 2 + len(references) - n_with_probes,
        make_matcher=matcher_maker(setup.matcher, setup.normalisation),
    )
    return pass_levels(condition, levels, passes, first, stages)
