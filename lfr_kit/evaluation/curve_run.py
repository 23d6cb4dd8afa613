"""The run of an operating curve: the same folder as a trial's."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lfr_kit.errors import SettingError
from lfr_kit.evaluation.curve_conditions import Condition
from lfr_kit.evaluation.curve_passes import rows_of_people
from lfr_kit.evaluation.curve_photos import CurvePhotos
from lfr_kit.evaluation.curve_report import curve_drawings, curve_page, curve_summary
from lfr_kit.evaluation.labelled_passes import read_clips
from lfr_kit.evaluation.operating_curve import CurveLevel, CurvePlan, LevelResult
from lfr_kit.evaluation.run_folder import RunContent, canonical, digest_of, vectors_digest
from lfr_kit.evaluation.trial_manifest import TRIAL_ID
from lfr_kit.evaluation.trial_tables import file_digest
from lfr_kit.plots.svg import svg_of

__all__ = ["PROTOCOL", "MeasuredCurve", "Photographs", "curve_content"]

PROTOCOL = "lfr-curve-1"
"""How it is counted; runs of two protocols are not compared."""


@dataclass(frozen=True, kw_only=True)
class Photographs:
    """What a curve is measured on.

    Attributes
    ----------
    name, data
        Begins the name of the run's folder; what the photographs are and do not show, in words.
    photos, names
        References and probes; people in the order of the references, where probes come from clips.
    clips
        The table of passes; None = the probes are photographs.

    Raises
    ------
    SettingError
        If a folder's name cannot begin with `name`.
    """

    name: str
    data: str
    photos: CurvePhotos
    names: Sequence[str] = ()
    clips: Path | None = None

    def __post_init__(self) -> None:
        if not re.match(TRIAL_ID, self.name):
            raise SettingError(
                f"id: up to 60 letters, digits, dots and dashes, got {self.name!r}; name the photographs with --id"
            )

    def digest(self) -> str:
        """SHA-256 by what the files hold: where they lie and what they are called is no part of it."""
        spans = [] if self.clips is None else read_clips(self.clips, self.clips.parent)
        rows = rows_of_people([span.person for span in spans], self.names).tolist()
        passes = [
            [file_digest(span.clip), row, span.from_s, span.to_s] for span, row in zip(spans, rows, strict=True)
        ]
        pictures = [
            [file_digest(path) for path in paths] for paths in (self.photos.references, self.photos.probes)
        ]
        return digest_of(canonical([*pictures, passes]))


@dataclass(frozen=True, eq=False)
class MeasuredCurve:
    """A curve, and what it was measured from.

    Attributes
    ----------
    of, condition, plan, levels, results
        What was measured on what, how, from which templates, with what result.
    normalisation, is_walks
        As asked for.
    recipe
        From `trial_passes.recipe_of`.
    """

    of: Photographs
    condition: Condition
    plan: CurvePlan
    levels: Sequence[CurveLevel]
    results: Sequence[LevelResult]
    normalisation: str
    is_walks: bool
    recipe: str

    def asked(self) -> dict[str, Any]:
        """All that the figures depend on besides pictures and templates."""
        return {
            **asdict(self.plan),
            "condition": self.condition.name,
            "levels": [each.level for each in self.levels],
            "n_enrolled": [each.n_enrolled for each in self.levels],
            "normalisation": self.normalisation,
            "probes": "clips" if self.of.clips else "walks" if self.is_walks else "photographs",
        }


def curve_content(curve: MeasuredCurve) -> RunContent:
    """The run of a curve, with plots and page."""
    condition, first = curve.condition, curve.levels[0]
    name, plan = f"{curve.of.name}-{condition.name}", curve.asked()
    vectors = [part.vectors for level in curve.levels for part in (level.references, level.probes)]
    figures = {
        "protocol": PROTOCOL,
        "space_id": _space_id(first),
        "draws": curve.plan.n_draws,
        "seed": curve.plan.seed,
        "normalisation": curve.normalisation,
        **curve_summary(condition, curve.results),
    }
    drawings = curve_drawings(condition, curve.results)
    return RunContent(
        kind="curve",
        trial_id=name,
        manifest={"data": curve.of.data, "counts": _counts(first), "plan": plan},
        sources={
            "manifest": curve.of.digest(),
            "recipe": digest_of(curve.recipe),
            "templates": vectors_digest(vectors),
            "plan": digest_of(canonical(plan)),
        },
        figures=figures,
        plots={name: svg_of(draw, f"{name}-{condition.name}", is_file=True) for name, draw in drawings.items()},
        report=curve_page(
            f"Operating curve of {curve.of.name}: {condition.name}", figures, drawings, [curve.of.data]
        ),
    )


def _space_id(level: CurveLevel) -> str:
    return next(
        each.space_id for each in (*level.probes.templates, *level.references.templates) if each is not None
    )


def _counts(level: CurveLevel) -> dict[str, int]:
    return {
        "references": len(level.references),
        "people_with_a_probe": len(set(level.people.tolist())),
        "probes": len(level.probes),
    }
