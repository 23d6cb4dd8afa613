"""In how many seconds somebody must say that they have an alert in hand (J8), by the colour of its response."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from lfr_kit.governance.part import Part
from lfr_kit.governance.vocabulary import Response

__all__ = ["AcknowledgementRule"]

_SHORTEST_S = 5.0
_LONGEST_S = 3600.0
_ARTICLES = {Response.RED: "a", Response.AMBER: "an", Response.GREEN: "a"}


def _none_or_enough(seconds: float) -> float:
    if 0 < seconds < _SHORTEST_S:
        raise ValueError(f"nobody can answer in {seconds:g} s; give {_SHORTEST_S:g} or more, or 0 for no limit")
    return seconds


_Seconds = Annotated[float, AfterValidator(_none_or_enough), Field(ge=0, le=_LONGEST_S)]


class AcknowledgementRule(Part):
    """Part of an authority. The seconds run from when an alert begins to wait for officers; 0 = no limit."""

    red_s: _Seconds = Field(30.0, description="seconds for a red alert; after them it is shown as overdue")
    amber_s: _Seconds = Field(0.0, description="seconds for an amber one")
    green_s: _Seconds = Field(0.0, description="seconds for a green one")

    @property
    def limits(self) -> dict[Response, float]:
        """Response -> seconds, of those that have a limit, the most urgent first."""
        every = {Response.RED: self.red_s, Response.AMBER: self.amber_s, Response.GREEN: self.green_s}
        return {response: seconds for response, seconds in every.items() if seconds}

    @property
    def in_words(self) -> str:
        """What it asks of officers.

        >>> AcknowledgementRule().in_words
        'a red alert is acknowledged within 30 seconds of being found viable'
        >>> AcknowledgementRule(red_s=0).in_words
        'no alert need be acknowledged within a time'
        """
        told = [
            f"{_ARTICLES[response]} {response} alert is acknowledged within {s:g} seconds"
            for response, s in self.limits.items()
        ]
        return (
            f"{', '.join(told)} of being found viable" if told else "no alert need be acknowledged within a time"
        )
