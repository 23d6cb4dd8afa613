"""A stand-in for an embedder: reads a template from the colours of a picture. For tests and rehearsals.

Pictures that look alike have alike templates, whoever they show: this recognises nobody.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lfr_kit.errors import SettingError
from lfr_kit.records import BestShot, Template

__all__ = ["ScriptedEmbedder", "colour_grid"]

_DARKEST = 1e-6


def colour_grid(image: NDArray[np.uint8], n_cells: int) -> NDArray[np.float32]:
    """Mean colours of a grid over a picture, as a unit vector.

    Parameters
    ----------
    image
        (h, w, 3) uint8, h and w at least 1.
    n_cells
        Cells along each side; cells of a picture smaller than that share pixels.

    Returns
    -------
    array
        (3 * n_cells**2,) float32 of unit length: mean colours less mid-grey. An all but mid-grey picture,
        which has no direction, gives the first axis.
    """
    rows, columns = (_bounds(side, n_cells) for side in image.shape[:2])
    cells = [image[a:b, c:d].mean(axis=(0, 1)) for a, b in rows for c, d in columns]
    vector = (np.concatenate(cells) - 127.5) / 127.5
    length = float(np.linalg.norm(vector))
    if length < _DARKEST:
        vector, length = np.eye(1, len(vector))[0], 1.0
    unit: NDArray[np.float32] = (vector / length).astype(np.float32)
    return unit


def _bounds(side: int, n_cells: int) -> list[tuple[int, int]]:
    """First and past-the-last pixel of each cell, at least one pixel each."""
    starts = [min(side * cell // n_cells, side - 1) for cell in range(n_cells)]
    ends = [side * (cell + 1) // n_cells for cell in range(n_cells)]
    return [(start, max(end, start + 1)) for start, end in zip(starts, ends, strict=True)]


class ScriptedEmbedder:
    """See the module; the part of the shot inside its box is read, or all of it where the box is empty.

    Parameters
    ----------
    n_cells
        Cells along each side of the grid.

    Raises
    ------
    SettingError
        If `n_cells` is below 1.
    """

    def __init__(self, *, n_cells: int = 4) -> None:
        if n_cells < 1:
            raise SettingError(f"n_cells: must be 1 or more, got {n_cells}")
        self.n_cells = n_cells
        self.dimension = 3 * n_cells**2
        self.space_id = f"scripted:colour-grid-{n_cells}.v1"

    def embed(self, shots: Sequence[BestShot]) -> list[Template]:
        """See `Embedder.embed`."""
        return [
            Template(vector=colour_grid(_face(shot), self.n_cells), space_id=self.space_id, shot=shot)
            for shot in shots
        ]


def _face(shot: BestShot) -> NDArray[np.uint8]:
    height, width = shot.image.shape[:2]
    x1, y1, x2, y2 = np.clip(np.rint(shot.box_px), 0, (width, height, width, height)).astype(int)
    return shot.image[y1:y2, x1:x2] if x2 > x1 and y2 > y1 else shot.image
