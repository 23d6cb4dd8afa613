"""Who is enrolled and who walks by: one random draw over photographs of people."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lfr_kit.errors import SettingError

__all__ = ["Half", "Split", "draw_split", "half_of"]

Half = Literal["first", "second"]

Rows = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Split:
    """Rows of photographs by their part in one draw; no photograph has two parts.

    Attributes
    ----------
    enrolled
        (e,) numbers of the people enrolled.
    reference_rows
        (e, p) their enrolled photographs.
    mated_rows
        Their other photographs.
    non_mated_rows
        Every photograph of people neither enrolled nor in the cohort.
    cohort_rows
        Photographs of the cohort's people: strangers that score normalisation knows.
    """

    enrolled: Rows
    reference_rows: Rows
    mated_rows: Rows
    non_mated_rows: Rows
    cohort_rows: Rows


def draw_split(
    people: ArrayLike,
    n_enrolled: int,
    rng: np.random.Generator,
    *,
    photos_each: int = 1,
    choose: Literal["first", "random"] = "first",
    n_cohort: int = 0,
) -> Split:
    """Draws who is enrolled, among the people with more than `photos_each` photographs.

    Parameters
    ----------
    people
        (n,) number of the person on each photograph.
    photos_each
        How many of each enrolled person's photographs are enrolled.
    choose
        Which: the ``"first"`` by row, or ``"random"`` ones.
    n_cohort
        How many of the people not enrolled are set aside as a cohort.

    Raises
    ------
    SettingError
        If there are not that many people, or nobody is left to walk by.
    """
    person_of = np.asarray(people, np.intp)
    numbers, counts = np.unique(person_of, return_counts=True)
    eligible = numbers[counts > photos_each]
    _check(n_enrolled, len(eligible), photos_each)
    if choose not in ("first", "random"):
        raise SettingError(f"choose: 'first' or 'random', got {choose!r}")
    enrolled = np.sort(rng.choice(eligible, n_enrolled, replace=False))
    others = np.setdiff1d(numbers, enrolled)
    if not 0 <= n_cohort < len(others):
        raise SettingError(f"cohort: {n_cohort} people asked for, {len(others)} are not enrolled; leave some over")
    cohort = rng.choice(others, n_cohort, replace=False)
    references = []
    for person in enrolled:
        rows = np.flatnonzero(person_of == person)
        references.append(rows[:photos_each] if choose == "first" else rng.permutation(rows)[:photos_each])
    reference_rows = np.array(references, np.intp)
    is_enrolled = np.isin(person_of, enrolled)
    is_reference = np.isin(np.arange(len(person_of)), reference_rows)
    is_cohort = np.isin(person_of, cohort)
    return Split(
        enrolled=enrolled,
        reference_rows=reference_rows,
        mated_rows=np.flatnonzero(is_enrolled & ~is_reference),
        non_mated_rows=np.flatnonzero(~is_enrolled & ~is_cohort),
        cohort_rows=np.flatnonzero(is_cohort),
    )


def half_of(name: str) -> Half:
    """Which half of the people a name belongs to, the same in every data set and for ever.

    What is chosen by figures is chosen on the first half; the second is looked at to see whether it holds.

    >>> half_of("Ada"), half_of("anna")
    ('first', 'second')
    """
    return "second" if sha256(f"lfr-half:{name}".encode()).digest()[0] & 1 else "first"


def _check(n_enrolled: int, n_eligible: int, photos_each: int) -> None:
    if photos_each < 1:
        raise SettingError(f"photos: at least 1 per person, got {photos_each}")
    if not 1 <= n_enrolled <= n_eligible:
        raise SettingError(
            f"enrol: {n_enrolled} people asked for; {n_eligible} here have more than {photos_each} photograph(s), "
            f"{photos_each} to enrol and one to search with; "
            + (f"give 1 to {n_eligible}" if n_eligible else "add photographs or ask for fewer of each")
        )
