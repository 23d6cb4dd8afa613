"""Who is enrolled in the demo, and what must come of it.

One enrolled person walks through the generated footage, and was enrolled from another photograph; one
enrolled person never appears; the others who walk by are not enrolled. So there is exactly one right
result, and the demo says whether it came out. All portraits are public-domain works of the US government.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lfr_kit.errors import ModelMissingError
from lfr_kit.models import model_path

__all__ = ["ABSENT", "PHOTO_OF", "SOUGHT", "Sighting", "Verdict", "lay_out_references", "verdict"]

SOUGHT = "Barack Obama"
"""Walks through the footage."""
ABSENT = "Joe Biden"
"""Is enrolled and never appears."""
PHOTO_OF = {SOUGHT: "portrait_obama_2", ABSENT: "portrait_biden"}
"""Enrolled person -> model card of the reference photo; the footage shows another photo."""


@dataclass(frozen=True)
class Sighting:
    """An alert of the demo, once a person has decided on it.

    Attributes
    ----------
    reference
        Name of the enrolled person.
    camera_id, first_at_s
        Where and when, in seconds since the start of the footage.
    similarity, threshold
        Comparison score and what it reached.
    """

    reference: str
    camera_id: str
    first_at_s: float
    similarity: float
    threshold: float


@dataclass(frozen=True)
class Verdict:
    """Whether the demo came out right, and in plain words what happened."""

    is_right: bool
    words: str


def lay_out_references(folder: Path) -> None:
    """Copies the reference photos to a folder as ``NAME.jpg``.

    Raises
    ------
    ModelMissingError
        If a portrait is not on this machine; the message names the line that fetches all that are missing.
    """
    photos, missing = {}, []
    for name, card in PHOTO_OF.items():
        try:
            photos[name] = model_path(card)
        except ModelMissingError:
            missing.append(card)
    if missing:
        raise ModelMissingError(
            f"the demo's portraits are not on this machine; fetch them with: lfr models fetch {' '.join(missing)}"
        )
    for name, path in photos.items():
        shutil.copyfile(path, folder / f"{name}{path.suffix}")


def verdict(sightings: Sequence[Sighting], ended_early: str = "") -> Verdict:
    """Right is exactly one alert, and that for the person sought; a run that ended early is not judged right."""
    if ended_early:
        return Verdict(False, f"The demo did not run to its end ({ended_early}), so nothing is shown by it.")
    if [seen.reference for seen in sightings] == [SOUGHT]:
        return Verdict(
            True,
            f"{SOUGHT} was enrolled from one photograph and walks through the footage with the face of another: "
            f"one alert, {sightings[0].first_at_s:.1f} s in. {ABSENT} is enrolled too and never appears: "
            "no alert. The others who walk by are not enrolled: no alert.",
        )
    raised = ", ".join(f"{seen.reference} at {seen.first_at_s:.1f} s" for seen in sightings) or "none"
    return Verdict(
        False,
        f"This is not right: there should be exactly one alert, for {SOUGHT}; raised: {raised}. "
        "Please report it with the output of: lfr doctor --json",
    )
