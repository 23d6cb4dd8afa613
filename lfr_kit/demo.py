"""The main job on footage that can always be had: who is enrolled, and what must come of it.

One enrolled person walks through the generated footage, and was enrolled from another photograph; one
enrolled person never appears; the others who walk by are not enrolled. So there is exactly one right
result, and the demo says whether it came out. All portraits are public-domain works of the US government.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from lfr_kit.errors import ModelMissingError
from lfr_kit.models import model_path
from lfr_kit.records import Alert

__all__ = ["ABSENT", "PHOTO_OF", "SOUGHT", "Verdict", "lay_out_references", "verdict"]

SOUGHT = "Barack Obama"
"""Walks through the footage."""
ABSENT = "Joe Biden"
"""Is enrolled and never appears."""
PHOTO_OF = {SOUGHT: "portrait_obama_2", ABSENT: "portrait_biden"}
"""Enrolled person -> model card of the reference photo; the footage shows another photo."""


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


def verdict(alerts: list[Alert], ended_early: str = "") -> Verdict:
    """Right is exactly one alert, and that for the person sought; a run that ended early is not judged right."""
    if ended_early:
        return Verdict(False, f"The demo did not run to its end ({ended_early}), so nothing is shown by it.")
    if [alert.reference_id for alert in alerts] == [SOUGHT]:
        return Verdict(
            True,
            f"{SOUGHT} was enrolled from one photograph and walks through the footage with the face of another: "
            f"one alert, {alerts[0].shot.position_s:.1f} s in. {ABSENT} is enrolled too and never appears: "
            "no alert. The others who walk by are not enrolled: no alert.",
        )
    raised = ", ".join(f"{alert.reference_id} at {alert.shot.position_s:.1f} s" for alert in alerts) or "none"
    return Verdict(
        False,
        f"This is not right: there should be exactly one alert, for {SOUGHT}; raised: {raised}. "
        "Please report it with the output of: lfr doctor --json",
    )
