"""Who else is on the list in a trial: random draws of filler, of the natural mix or of one group.

Most people on an operational list are neither at the place nor of the trial; filler stands for them. Who is like
whom depends on the group: a list of one's own group (matched) raises more false positives than the natural mix, so
both are reported.

References
----------
National Physical Laboratory, MS 43 (2023). ISO/IEC 19795-10:2024 (differential performance).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lfr_kit.errors import SettingError

__all__ = ["draw_filler", "filler_draws"]

Rows = NDArray[np.intp]


def draw_filler(
    n_filler: int,
    n: int,
    rng: np.random.Generator,
    labels: Sequence[str] | None = None,
    matched_to: str | None = None,
) -> Rows:
    """(n,) rows of filler, rising, no row twice.

    Parameters
    ----------
    n_filler
        How many there are to draw from.
    n
        How many are wanted: the size of the list.
    labels
        (n_filler,) group of each, self-declared.
    matched_to
        Draw from this group only; None = from all, the natural mix.

    Raises
    ------
    SettingError
        If more are wanted than there are, or a group is named without labels.
    """
    rows = np.arange(n_filler)
    if matched_to is not None:
        if labels is None or len(labels) != n_filler:
            raise SettingError(f"filler matched to {matched_to!r} needs one label per filler, {n_filler}")
        rows = rows[np.array([label == matched_to for label in labels], bool)]
    if not 1 <= n <= len(rows):
        of = "" if matched_to is None else f" of {matched_to!r}"
        raise SettingError(f"list size: between 1 and the {len(rows)} filler{of} there are, got {n}")
    return np.sort(rng.choice(rows, n, replace=False))


def filler_draws(n_filler: int, n: int, n_draws: int, seed: int = 0) -> tuple[Rows, ...]:
    """Several draws of the natural mix, the same for the same seed; see `draw_filler`."""
    if n_draws < 1:
        raise SettingError(f"draws: at least 1, got {n_draws}")
    rng = np.random.default_rng(seed)
    return tuple(draw_filler(n_filler, n, rng) for _ in range(n_draws))
