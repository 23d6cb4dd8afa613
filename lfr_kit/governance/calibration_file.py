"""A calibration as a file: what ``lfr evaluate calibrate`` writes and an administrator adds to a store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from lfr_kit.errors import TableError
from lfr_kit.governance.calibration import Calibration, Measurement
from lfr_kit.governance.measured_differences import MeasuredDifferences
from lfr_kit.reports.whole_file import write_whole

__all__ = ["calibration_of_figures", "read_calibration", "write_calibration"]

_LARGEST_BYTES = 1 << 20
_METHOD = (
    "Every pass was searched against lists that share nobody, each comparison counted once; the counts are as "
    "many independent searches as the data are worth (design effects {low:.1f} to {high:.1f}). "
    "{counts} Photographs and volunteers are not your cameras, your light, your public."
)


def calibration_of_figures(
    figures: Mapping[str, Any],
    *,
    calibration_id: str,
    measured_on: date,
    data: str,
    differences: MeasuredDifferences | None = None,
) -> Calibration:
    """The calibration that the figures of a trial support.

    Parameters
    ----------
    figures
        Of a run, see `lfr_kit.evaluation.trial_figures`.
    data
        What the trial's pictures are and do not show.
    differences
        What was measured between groups of people, if anything.

    Raises
    ------
    TableError
        If the name, the description or the figures cannot stand in a calibration.
    """
    rows: Sequence[Mapping[str, Any]] = figures["calibration"]
    effects = [row["design_effect"] for row in rows]
    counts = figures["counts"]
    passes = counts["passes_of_the_cohort"] + counts["passes_of_the_crowd"]
    said = f"{passes:,} passes, {figures['listed']:,} people enrolled."
    method = _METHOD.format(low=min(effects), high=max(effects), counts=said)
    try:
        return Calibration(
            calibration_id=calibration_id,
            space_id=figures["space_id"],
            score_scale=figures["score_scale"],
            measured_on=measured_on,
            measured_with=f"{data.rstrip('. ')}. {method}",
            measurements=tuple(
                Measurement(**{name: row[name] for name in ("n_enrolled", "threshold", "n_false", "n_searches")})
                for row in rows
            ),
            differences=differences,
        )
    except ValidationError as error:
        raise TableError(f"calibration {calibration_id}: {_first(error)}") from None


def write_calibration(path: Path, calibration: Calibration) -> None:
    """Writes the file, whole or not at all. OutputError if it cannot be written."""
    write_whole(path, calibration.model_dump_json(indent=1) + "\n")


def read_calibration(path: Path) -> Calibration:
    """What `write_calibration` wrote.

    Raises
    ------
    TableError
        If it is no such file.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_BYTES)
    except OSError as error:
        raise TableError(f"{path}: cannot be read ({error.strerror}); make one: lfr evaluate calibrate") from None
    try:
        return Calibration.model_validate_json(content)
    except ValidationError as error:
        raise TableError(
            f"{path}: is no calibration ({_first(error)}); make one: lfr evaluate calibrate"
        ) from None


def _first(error: ValidationError) -> str:
    fault = error.errors()[0]
    return f"{'.'.join(map(str, fault['loc']))}: {fault['msg'].removeprefix('Value error, ')}"
