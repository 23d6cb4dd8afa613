"""Equality monitoring: what officers perceived of people an alert was about, as aggregates only (J7).

Perceived by an officer who met the person, never inferred by a model; kept apart from the alerts, without a link
to them; published for a whole year, with the small-number rule, for true and for false alerts each by itself.

References
----------
Equality Act 2010, section 149. Ethnicity as officers see it: the codes IC1 to IC6 and IC9 of the police service.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from lfr_kit.governance.small_numbers import FEWER, SMALLEST, publishable
from lfr_kit.governance.vocabulary import Truth

__all__ = ["EqualityTable", "Perceived", "PerceivedAge", "PerceivedEthnicity", "PerceivedSex", "equality_tables"]


class PerceivedEthnicity(StrEnum):
    """As the officer saw it."""

    IC1_WHITE_NORTHERN_EUROPEAN = "ic1"
    IC2_WHITE_SOUTHERN_EUROPEAN = "ic2"
    IC3_BLACK = "ic3"
    IC4_SOUTH_ASIAN = "ic4"
    IC5_EAST_ASIAN = "ic5"
    IC6_MIDDLE_EASTERN = "ic6"
    IC9_UNKNOWN = "ic9"


class PerceivedSex(StrEnum):
    """As the officer saw it."""

    FEMALE = "female"
    MALE = "male"
    UNKNOWN = "unknown"


class PerceivedAge(StrEnum):
    """As the officer saw it."""

    UNDER_18 = "under_18"
    FROM_18_TO_24 = "18_to_24"
    FROM_25_TO_34 = "25_to_34"
    FROM_35_TO_49 = "35_to_49"
    FROM_50 = "50_or_over"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Perceived:
    """What an officer perceived of one person."""

    ethnicity: PerceivedEthnicity
    sex: PerceivedSex
    age: PerceivedAge


@dataclass(frozen=True)
class EqualityTable:
    """People of true, or of false, alerts by one thing perceived. Values are ready to print.

    Attributes
    ----------
    alerts
        ``"true"`` or ``"false"``.
    by
        ``"ethnicity"``, ``"sex"`` or ``"age"``.
    counts
        Every value of the closed list -> its count in words.
    total
        Of all values, in words.
    """

    alerts: str
    by: str
    counts: Mapping[str, str]
    total: str


def equality_tables(reports: Iterable[tuple[Truth, Perceived]]) -> tuple[EqualityTable, ...]:
    """Six tables: true and false alerts, each by ethnicity, sex and age; small numbers withheld."""
    found = list(reports)
    true = [seen for truth, seen in found if truth in (Truth.TRUE_CONFIRMED, Truth.TRUE_UNCONFIRMED)]
    false = [seen for truth, seen in found if truth in (Truth.FALSE_CONFIRMED, Truth.FALSE_UNCONFIRMED)]
    return tuple(
        EqualityTable(alerts, by, publishable(_counts(group, by)), _total(len(group)))
        for alerts, group in (("true", true), ("false", false))
        for by in ("ethnicity", "sex", "age")
    )


def _counts(group: Iterable[Perceived], by: str) -> dict[str, int]:
    closed: dict[str, type[StrEnum]] = {"ethnicity": PerceivedEthnicity, "sex": PerceivedSex, "age": PerceivedAge}
    counted = Counter(str(getattr(seen, by)) for seen in group)
    return {str(value): counted[str(value)] for value in closed[by]}


def _total(n: int) -> str:
    return FEWER if n < SMALLEST else str(n)
