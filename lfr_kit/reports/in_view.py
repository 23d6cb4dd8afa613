"""How many faces were in view over time, in bounded memory however long a run lasts."""

from __future__ import annotations

from itertools import zip_longest

from lfr_kit.errors import SettingError

__all__ = ["InView"]

Point = tuple[float, int]


class InView:
    """One point per frame while there are few; later one per two, four, eight ... frames, with the most of them.

    Parameters
    ----------
    largest
        Most points kept, >= 2 and even: half of them are left where there would be more.

    Raises
    ------
    SettingError
        If `largest` is odd or below 2.

    Examples
    --------
    >>> view = InView(largest=4)
    >>> for at_s, n in enumerate([1, 0, 2, 0, 5, 0, 3]):
    ...     view.add(float(at_s), n)
    >>> view.points
    ((0.0, 1), (2.0, 2), (4.0, 5), (6.0, 3))
    """

    def __init__(self, *, largest: int = 10_000) -> None:
        if largest < 2 or largest % 2:
            raise SettingError(f"largest: must be even and at least 2, got {largest}")
        self.largest = largest
        self._points: list[Point] = []
        self._frames_per_point = 1
        self._frames_in_last = 0

    def add(self, at_s: float, n_faces: int) -> None:
        """Takes in a frame: seconds of footage, faces in it."""
        if self._points and self._frames_in_last < self._frames_per_point:
            self._points[-1] = _joined(self._points[-1], (at_s, n_faces))
            self._frames_in_last += 1
            return
        self._points.append((at_s, n_faces))
        self._frames_in_last = 1
        if len(self._points) > self.largest:
            pairs = zip_longest(self._points[::2], self._points[1::2])
            self._points = [first if second is None else _joined(first, second) for first, second in pairs]
            self._frames_per_point *= 2

    @property
    def points(self) -> tuple[Point, ...]:
        """(seconds of footage, most faces in a frame from then to the next point), in order of time."""
        return tuple(self._points)


def _joined(first: Point, second: Point) -> Point:
    return first[0], max(first[1], second[1])
