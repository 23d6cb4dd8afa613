"""From a manifest to what can be counted: retention held, templates at hand, and one run from all of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lfr_kit.config import settings
from lfr_kit.enrolment import references_in
from lfr_kit.errors import EnrolmentError, TableError
from lfr_kit.evaluation.calibrate import calibration_rows
from lfr_kit.evaluation.photos import PhotoStages, templates_of
from lfr_kit.evaluation.run_folder import RunContent, digest_of, manifest_digest, vectors_digest
from lfr_kit.evaluation.template_cache import TemplateCache
from lfr_kit.evaluation.trial import TrialNormalisation, TrialPlan, TrialResult, trial_scores
from lfr_kit.evaluation.trial_figures import figures_of
from lfr_kit.evaluation.trial_manifest import TrialManifest, check_retention
from lfr_kit.evaluation.trial_passes import TrialStages, TrialTemplates, forget_people, templates_of_trial
from lfr_kit.evaluation.trial_tables import read_manifest
from lfr_kit.matching.choose_matcher import usual_normalisation

__all__ = [
    "Prepared",
    "calibration_figures",
    "folder_templates",
    "forget_templates",
    "prepare",
    "sources_of",
    "template_cache",
    "templates_kept",
    "today",
    "trial_content",
]


def today() -> date:
    """The day in UTC."""
    return datetime.now(UTC).date()


def template_cache() -> TemplateCache:
    """Where the settings say; what is expired goes first.

    Raises
    ------
    KeyMissingError, OutputError
        As `TemplateCache`.
    """
    cache = TemplateCache(settings().trials.templates_dir, settings().trials.key_file, today=today())
    cache.forget_expired()
    return cache


@dataclass(frozen=True, eq=False)
class Prepared:
    """A trial with its templates."""

    manifest: TrialManifest
    stages: TrialStages
    templates: TrialTemplates

    def normalisation(self, asked: Literal["auto"] | TrialNormalisation) -> TrialNormalisation:
        """What was asked for; under ``"auto"``, what is usual for the embedder."""
        return usual_normalisation(self.templates.passes.space_id) if asked == "auto" else asked


def prepare(
    manifest: TrialManifest | Path,
    stages: TrialStages,
    cache: TemplateCache | None,
    progress: Callable[[int], None] | None = None,
) -> Prepared:
    """Reads a manifest if a path is given, holds its retention dates, and makes what templates are missing.

    Raises
    ------
    TableError
        If the manifest or a picture of it cannot be used.
    RetentionError
        If somebody's retention date is past, or too far ahead.
    """
    trial = read_manifest(manifest) if isinstance(manifest, Path) else manifest
    check_retention(trial, today())
    return Prepared(trial, stages, templates_of_trial(trial, stages, cache, progress))


def sources_of(prepared: Prepared, plan: TrialPlan | dict[str, Any]) -> dict[str, str]:
    """SHA-256 of everything a result depends on, by name."""
    templates = prepared.templates
    return {
        "manifest": manifest_digest(prepared.manifest, templates),
        "recipe": digest_of(templates.recipe),
        "templates": vectors_digest((templates.references.vectors, templates.passes.vectors)),
        "plan": digest_of(repr(sorted((plan if isinstance(plan, dict) else asdict(plan)).items()))),
    }


def trial_content(prepared: Prepared, result: TrialResult) -> RunContent:
    """The run of a trial, with plots and page."""
    from lfr_kit.plots.svg import svg_of
    from lfr_kit.reports.trial_report import trial_drawings, trial_page

    figures = figures_of(result)
    drawings = trial_drawings(result, figures)
    manifest = prepared.manifest
    return RunContent(
        kind="trial",
        trial_id=manifest.trial_id,
        manifest={"data": manifest.data, "counts": manifest.counts(), "plan": asdict(result.plan)},
        sources=sources_of(prepared, result.plan),
        figures=figures,
        plots={name: svg_of(draw, name, is_file=True) for name, draw in drawings.items()},
        report=trial_page(figures, drawings, manifest.data, prepared.stages.why),
    )


def forget_templates(
    manifest: Path | None, people: Sequence[str] = (), *, everything: bool = False
) -> dict[str, int]:
    """Deletes what has expired; and templates of a manifest's people, some of them or all; or everything.

    Returns
    -------
    dict
        How many had expired, how many others were asked for.

    Raises
    ------
    TableError
        If the manifest cannot be read, or does not name one of the people.
    """
    cache = TemplateCache(settings().trials.templates_dir, settings().trials.key_file, today=today())
    gone = {"expired": cache.forget_expired(), "asked_for": 0}
    if everything:
        gone["asked_for"] = cache.forget_all()
    elif manifest is not None:
        trial = read_manifest(manifest, with_files=False)
        rows = {person.person_id: row for row, person in enumerate(trial.people)}
        absent = [name for name in people if name not in rows]
        if absent:
            raise TableError(f"{manifest}: names no {absent[0]!r}; nothing of theirs was looked for")
        chosen = [rows[name] for name in people] or list(rows.values())
        gone["asked_for"] = forget_people(trial, chosen, cache)
    return gone


def templates_kept() -> int:
    """How many templates of trials are kept."""
    return len(TemplateCache(settings().trials.templates_dir, settings().trials.key_file, today=today()))


def calibration_figures(prepared: Prepared, normalisation: TrialNormalisation = "none") -> dict[str, Any]:
    """What a calibration needs of a trial's figures, without the sweep."""
    scores = trial_scores(prepared.manifest, prepared.templates, normalisation)
    return {
        "trial_id": prepared.manifest.trial_id,
        "space_id": prepared.templates.passes.space_id,
        "score_scale": scores.score_scale,
        "counts": prepared.manifest.counts(),
        "listed": len(scores.listed),
        "calibration": [asdict(row) for row in calibration_rows(scores)],
    }


def folder_templates(folder: Path, stages: TrialStages) -> tuple[list[str], NDArray[np.float32]]:
    """Whose each reference of a folder is, and (n, d) templates through the gate of references; nothing is kept.

    Raises
    ------
    SourceNotFoundError, InputError
        If the folder is absent, empty or ambiguous.
    EnrolmentError
        If nobody could be enrolled from it.
    """
    photos = [(name, path) for name, paths in references_in(folder).items() for path in paths]
    reference_stages = PhotoStages(stages.photo.detector, stages.reference_gate, stages.photo.embedder)
    found = templates_of([path for _, path in photos], reference_stages)
    kept = [
        (name, each.vector) for (name, _), each in zip(photos, found.templates, strict=True) if each is not None
    ]
    if not kept:
        raise EnrolmentError(f"{folder}: nobody could be enrolled ({dict(found.failed)})", reason="nobody")
    return [name for name, _ in kept], np.stack([vector for _, vector in kept])
