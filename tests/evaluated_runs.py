"""Runs of trials that never took place: random people, the real counting, the real folder."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

import numpy as np

from lfr_kit.evaluation.run_folder import Run, RunContent, digest_of, write_run
from lfr_kit.evaluation.trial import TrialPlan, run_trial
from lfr_kit.evaluation.trial_figures import figures_of
from lfr_kit.evaluation.trial_manifest import Pass, Person, Picture, TrialManifest
from lfr_kit.evaluation.trial_passes import PassTemplates, TrialTemplates

__all__ = ["made_figures", "put_run"]

_COHORT, _FILLER, _CROWD, _PASSES = 30, 40, 4000, 4


def _templates(vectors: np.ndarray, people: list[int]) -> PassTemplates:
    n = len(vectors)
    unit = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return PassTemplates(np.array(people), unit, ("",) * n, ("",) * n, ("",) * n, "made-up:1")


@cache
def made_figures(noise: float = 0.6, seed: int = 0) -> dict:
    """Figures of a trial of random people; more noise is a worse algorithm."""
    rng = np.random.default_rng(seed)
    parts = ["cohort"] * _COHORT + ["filler"] * _FILLER + ["crowd"] * _CROWD
    picture = Picture(path=Path("none.jpg"))
    people = tuple(
        Person(
            person_id=f"p{i}",
            part=part,
            consent="made up",
            retained_until=date(2027, 1, 1),
            references=() if part == "crowd" else (picture,),
        )
        for i, part in enumerate(parts)
    )
    who = [i for i in range(_COHORT) for _ in range(_PASSES)] + [
        i for i, part in enumerate(parts) if part == "crowd"
    ]
    passes = tuple(Pass(pass_id=f"t{i}", person=person, pictures=(picture,)) for i, person in enumerate(who))
    manifest = TrialManifest(
        trial_id="made-up", data="Random numbers; nobody is in them.", people=people, passes=passes
    )
    faces = rng.normal(size=(len(people), 24))
    enrolled = manifest.enrolled
    seen = faces[who] + noise * rng.normal(size=(len(who), 24))
    templates = TrialTemplates(_templates(faces[enrolled], enrolled), _templates(seen, who), "made up", {}, 0)
    return figures_of(run_trial(manifest, templates, TrialPlan(list_sizes=(20, 60), n_draws=2, n_resamples=50)))


def put_run(folder: Path, name: str = "a", noise: float = 0.6) -> Run:
    """Writes such a run; `name` stands for the algorithm."""
    figures = made_figures(noise)
    content = RunContent(
        kind="trial",
        trial_id="made-up",
        manifest={"data": "Random numbers; nobody is in them."},
        sources={"manifest": digest_of("made-up"), "recipe": digest_of(name)},
        figures=figures,
        report="<!doctype html><title>made up</title>",
    )
    made_with = {
        "packages": {},
        "python": "3",
        "machine": "none",
        "written_at": f"2026-11-2{len(name) % 9}T12:00:00+00:00",
        "embedder": f"algorithm {name}, as asked for",
        "recipe": {"admission": "deployed"},
    }
    return write_run(folder, content, made_with)
