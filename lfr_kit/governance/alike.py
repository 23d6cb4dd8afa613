"""People on one list who look alike: an alert to one of them may be to the other (the brother problem).

References
----------
R (Thompson and Carlo) v Commissioner of Police [2026] EWHC 915 (Admin): a man stopped for his brother.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from lfr_kit.errors import SettingError

__all__ = [
    "MOST_PAIRS",
    "AlikeKind",
    "AlikePair",
    "clearly_different_below",
    "find_alike",
    "find_differing",
]

MOST_PAIRS = 10_000
"""Pairs that are kept, the most alike ones."""
_TOO_MANY = 1_000_000
_BLOCK_ROWS = 1024

_CLEARLY_DIFFERENT = {"dlib_resnet": 0.88, "facenet": 0.175}
"""Start of a space -> cosine, far below that of `lfr_kit.matching.one_person`. dlib_resnet's: none of 1,144 pairs
of one person, fit as references, is less alike, and 1,020 of 1,154 pairs of two people are (``lfw_dev``).
FaceNet's is not measured."""


class AlikeKind(StrEnum):
    """What two entries have in common."""

    SAME_PICTURE = "same_picture"
    LOOK_ALIKE = "look_alike"


@dataclass(frozen=True)
class AlikePair:
    """Two entries of one list.

    Attributes
    ----------
    entry_id, other_entry_id
        In the order of ids.
    similarity
        Cosine of their most alike pictures; 1 for the same file.
    """

    entry_id: str
    other_entry_id: str
    kind: AlikeKind
    similarity: float


def clearly_different_below(space_id: str) -> float:
    """The cosine below which two pictures hardly show one person; -1, which none is below, where none is known."""
    return next((cosine for name, cosine in _CLEARLY_DIFFERENT.items() if space_id.startswith(name)), -1.0)


def find_differing(owners: Sequence[str], vectors: NDArray[np.float32], below: float) -> dict[str, float]:
    """Whose pictures are clearly of different people: one of them may be somebody else's.

    Parameters
    ----------
    owners
        n entry ids: whose each picture is.
    vectors
        (n, d) float32 of unit length.
    below
        Cosine, see `clearly_different_below`.

    Returns
    -------
    dict of str to float
        Entry id -> cosine of its two least alike pictures, where that is less than `below`.
    """
    rows: dict[str, list[int]] = {}
    for row, owner in enumerate(owners):
        rows.setdefault(owner, []).append(row)
    several = {owner: vectors[own] for owner, own in rows.items() if len(own) > 1}
    least = {owner: float((own @ own.T).min()) for owner, own in several.items()}
    return {owner: cosine for owner, cosine in least.items() if cosine < below}


def find_alike(
    owners: Sequence[str], vectors: NDArray[np.float32], threshold: float, *, most: int = MOST_PAIRS
) -> tuple[list[AlikePair], int]:
    """Pairs of different people whose pictures are alike.

    Parameters
    ----------
    owners
        n entry ids: whose each picture is.
    vectors
        (n, d) float32 of unit length.
    threshold
        Least cosine of a pair, in [-1, 1].
    most
        Pairs to keep, the most alike ones.

    Returns
    -------
    (list of AlikePair, int)
        The most alike first, then by id; and how many pairs there are in all.

    Raises
    ------
    SettingError
        If the threshold lies outside [-1, 1], or so low that more than a million pairs of pictures reach it.
    """
    if not -1 <= threshold <= 1:
        raise SettingError(f"threshold: a cosine lies in [-1, 1], got {threshold}")
    names, people = np.unique(np.asarray(owners, dtype=object).astype(str), return_inverse=True)
    found: list[tuple[NDArray[np.int64], NDArray[np.float32]]] = []
    n_found = 0
    for start in range(0, len(people), _BLOCK_ROWS):
        codes, scores = _pairs_of_block(people, vectors, start, threshold)
        n_found += len(codes)
        if n_found > _TOO_MANY:
            raise SettingError(f"threshold: more than {_TOO_MANY:,} pairs reach {threshold}; give a higher one")
        found.append((codes, scores))
    if not n_found:
        return [], 0
    pairs, values = _best_of_each(*(np.concatenate(part) for part in zip(*found, strict=True)))
    order = np.lexsort((pairs, -values))[:most]
    kept = [
        AlikePair(
            str(names[pair // len(people)]), str(names[pair % len(people)]), AlikeKind.LOOK_ALIKE, float(value)
        )
        for pair, value in zip(pairs[order], values[order], strict=True)
    ]
    return kept, len(pairs)


def _pairs_of_block(
    people: NDArray[np.intp], vectors: NDArray[np.float32], start: int, threshold: float
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Pairs of a block's pictures with later ones: smaller person times n plus larger person, and the cosine."""
    scores = vectors[start : start + _BLOCK_ROWS] @ vectors[start:].T
    rows, columns = np.nonzero(scores >= threshold)
    is_pair = (columns > rows) & (people[start + rows] != people[start + columns])
    rows, columns = rows[is_pair], columns[is_pair]
    one, other = people[start + rows], people[start + columns]
    codes = np.minimum(one, other).astype(np.int64) * len(people) + np.maximum(one, other)
    return codes, np.clip(scores[rows, columns], -1.0, 1.0)


def _best_of_each(
    codes: NDArray[np.int64], scores: NDArray[np.float32]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Each pair once, with its highest cosine."""
    order = np.lexsort((-scores, codes))
    pairs, first = np.unique(codes[order], return_index=True)
    return pairs, scores[order][first]
