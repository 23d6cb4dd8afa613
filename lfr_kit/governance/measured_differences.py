"""What was measured between groups of people with a model: in its calibration, and in every briefing (P7)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from lfr_kit.errors import SpaceMismatchError
from lfr_kit.evaluation.rates import Rate
from lfr_kit.governance.grounds import Explanation, ShortText
from lfr_kit.governance.part import Part

__all__ = ["GroupMeasurement", "MeasuredDifferences", "differences_of_figures"]


Sentence = Annotated[str, Field(min_length=10, max_length=4_000)]


class GroupMeasurement(Part):
    """So many of so many, of one group.

    Attributes
    ----------
    group
        With its kind: ``"sex: female"``.
    measure
        What was counted, in words.
    count, trials, denominator
        The rate.
    n_people
        Whose trials they are; never one.
    """

    group: ShortText
    measure: ShortText
    count: int = Field(ge=0)
    trials: int = Field(ge=1)
    denominator: ShortText
    n_people: int = Field(ge=2)

    @property
    def rate(self) -> Rate:
        """With its interval; RecordError if more were counted than tried."""
        return Rate(self.count, self.trials, self.denominator)


def _whole(groups: tuple[GroupMeasurement, ...]) -> tuple[GroupMeasurement, ...]:
    if any(each.count > each.trials for each in groups):
        raise ValueError("more were counted than tried; correct the counts")
    return groups


class MeasuredDifferences(Part):
    """Result of ``lfr evaluate groups``.

    Attributes
    ----------
    measured_on
        The day.
    threshold
        At which it was counted: at another one it may be different.
    measured_with
        Data, in words, with what they do not show.
    groups
        All groups compared, by measure.
    verdicts
        The sentence of each measure.
    """

    measured_on: date
    threshold: float
    measured_with: Explanation
    groups: Annotated[tuple[GroupMeasurement, ...], AfterValidator(_whole)] = Field(min_length=2, max_length=300)
    verdicts: tuple[Sentence, ...] = Field(min_length=1, max_length=20)


def differences_of_figures(
    figures: Mapping[str, Any], *, space_id: str, score_scale: str, measured_on: date, data: str
) -> MeasuredDifferences:
    """What the figures of a study of groups say.

    Parameters
    ----------
    space_id, score_scale
        Of the calibration it is to stand in.

    Raises
    ------
    SpaceMismatchError
        If the groups were measured in another embedding space, or on another scale.
    """
    if figures["space_id"] != space_id:
        raise SpaceMismatchError(
            f"groups were measured in space {figures['space_id']}, not {space_id}: use the same model"
        )
    if figures["score_scale"] != score_scale:
        raise SpaceMismatchError(
            f"groups were measured on scale {figures['score_scale']}, not {score_scale}: a threshold of the one "
            "says nothing on the other; leave --groups out"
        )
    measures = figures["measures"]
    return MeasuredDifferences(
        measured_on=measured_on,
        threshold=figures["threshold"],
        measured_with=data,
        groups=tuple(
            GroupMeasurement(
                group=f"{figures['kind']}: {each['group']}",
                measure=name,
                count=each["count"],
                trials=each["trials"],
                denominator=each["denominator"],
                n_people=each["n_people"],
            )
            for name, found in measures.items()
            for each in found["groups"]
            if not each["why_not_compared"]
        ),
        verdicts=tuple(f"{name}: {found['verdict']}." for name, found in measures.items()),
    )
