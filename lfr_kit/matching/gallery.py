"""Who is enrolled: ids, vectors and the one embedding space they share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lfr_kit.errors import ReferenceConflictError, SpaceMismatchError, UnknownReferenceError
from lfr_kit.records import Template

__all__ = ["Gallery", "check_space", "stack"]

Floats = NDArray[np.float32]

_FIRST_CAPACITY = 64


def check_space(templates: Sequence[Template], space_id: str | None, dimension: int | None) -> None:
    """SpaceMismatchError if the templates are not all of one space, or not of the space given.

    Parameters
    ----------
    templates
        Any number; none is of every space.
    space_id, dimension
        Space and vector length they must have; None = whatever the first one has.
    """
    for template in templates:
        if space_id is None:
            space_id, dimension = template.space_id, len(template.vector)
        if template.space_id != space_id:
            raise SpaceMismatchError(
                f"templates of two embedding spaces: {template.space_id!r} cannot be compared with {space_id!r}; "
                "make probes and references with the same embedder and settings (enrol the photos again)"
            )
        if len(template.vector) != dimension:
            raise SpaceMismatchError(
                f"templates of space {space_id!r} with {len(template.vector)} and {dimension} numbers: "
                "one of them was not made by this space's embedder"
            )


def stack(templates: Sequence[Template]) -> Floats:
    """(n, d) float32 vectors of templates of one space, n >= 1."""
    return np.stack([template.vector for template in templates])


class Gallery:
    """Enrolled references in the order of enrolment: one row each.

    The vectors lie in one matrix that doubles when full; a withdrawn row is overwritten at once.

    Attributes
    ----------
    ids
        n reference ids.
    space_id
        Embedding space, None while nobody is enrolled.
    """

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.space_id: str | None = None
        self._rows: dict[str, int] = {}
        self._matrix: Floats = np.zeros((0, 0), np.float32)

    def __len__(self) -> int:
        return len(self.ids)

    def __contains__(self, reference_id: str) -> bool:
        return reference_id in self._rows

    @property
    def vectors(self) -> Floats:
        """(n, d) float32, a view that is valid until the next change; d is arbitrary while nobody is enrolled."""
        return self._matrix[: len(self.ids)]

    @property
    def dimension(self) -> int | None:
        """d, None while nobody is enrolled."""
        return self._matrix.shape[1] if self.ids else None

    def check_new(self, reference_ids: Sequence[str], templates: Sequence[Template]) -> None:
        """Raises what `Matcher.enrol` raises if these cannot be added."""
        if len(reference_ids) != len(templates):
            raise ReferenceConflictError(f"{len(reference_ids)} reference ids for {len(templates)} templates")
        twice = [key for key, n in Counter(reference_ids).items() if n > 1]
        known = [key for key in reference_ids if key in self]
        if twice or known:
            why = f"{twice[0]!r} is given twice" if twice else f"{known[0]!r} is enrolled already"
            raise ReferenceConflictError(
                f"reference {why}; withdraw it first, or choose another id. Nothing was added."
            )
        check_space(templates, self.space_id, self.dimension)

    def add(self, reference_ids: Sequence[str], templates: Sequence[Template]) -> None:
        """Adds references that `check_new` found in order."""
        if not templates:
            return
        n, n_new = len(self.ids), len(templates)
        self._reserve(n + n_new, len(templates[0].vector))
        self._matrix[n : n + n_new] = stack(templates)
        self._rows.update({key: n + i for i, key in enumerate(reference_ids)})
        self.ids.extend(reference_ids)
        self.space_id = templates[0].space_id

    def check_known(self, reference_ids: Sequence[str]) -> None:
        """Raises what `Matcher.withdraw` raises if one of these is not here."""
        for key in reference_ids:
            if key not in self:
                raise UnknownReferenceError(f"reference {key!r} is not enrolled; nothing was withdrawn")

    def staying(self, reference_ids: Sequence[str]) -> NDArray[np.bool_]:
        """(n,) mask of the rows that stay when these go, for what is kept beside them."""
        stays = np.ones(len(self.ids), bool)
        stays[[self._rows[key] for key in reference_ids]] = False
        return stays

    def remove(self, reference_ids: Sequence[str]) -> None:
        """Takes out references that `check_known` found; the others keep their order."""
        stays = self.staying(reference_ids)
        n_left = int(stays.sum())
        rows = self.vectors
        rows[:n_left] = rows[stays]
        rows[n_left:] = 0
        self.ids = [key for key, is_kept in zip(self.ids, stays, strict=True) if is_kept]
        self._rows = {key: row for row, key in enumerate(self.ids)}
        if not self.ids:
            self.space_id = None

    def _reserve(self, n: int, dimension: int) -> None:
        if n <= len(self._matrix) and self._matrix.shape[1] == dimension:
            return
        held = self.vectors
        self._matrix = np.zeros((max(n, 2 * len(held), _FIRST_CAPACITY), dimension), np.float32)
        if len(held):
            self._matrix[: len(held)] = held
