"""What a process holds while time passes: memory, threads, handles, sockets; and whether any of it grows."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

__all__ = ["Growth", "ProcessWatch", "Trend", "files_below", "trend_of"]


@dataclass(frozen=True)
class Growth:
    """How much of something may be added in an hour before it counts as growing.

    Attributes
    ----------
    per_hour
        In units of what is watched.
    share_per_hour
        And a share of its median.
    """

    per_hour: float
    share_per_hour: float = 0.0

    def limit(self, median: float) -> float:
        """Per hour, for something of that size."""
        return self.per_hour + self.share_per_hour * median


@dataclass(frozen=True)
class Trend:
    """A straight line through what was seen.

    Attributes
    ----------
    median, lowest, highest
        Of the values.
    per_hour, interval
        Slope, and where it lies with 95 %.
    is_flat
        True: the slope is under the limit. False: it is over it. None: too short to say.
    """

    median: float
    lowest: float
    highest: float
    per_hour: float
    interval: tuple[float, float]
    is_flat: bool | None


def trend_of(at_s: Sequence[float], values: Sequence[float], allowed: Growth) -> Trend:
    """The trend of a series.

    Parameters
    ----------
    at_s
        Seconds, rising, at least three.
    values
        One for each.

    References
    ----------
    P. K. Sen (1968), Estimates of the regression coefficient based on Kendall's tau: one burst does not tilt it.

    Examples
    --------
    >>> trend_of([0, 1800, 3600, 5400], [100, 102, 104, 106], Growth(1.0)).is_flat
    False
    >>> trend_of([0, 1800, 3600, 5400], [7, 7, 7, 7], Growth(1.0)).is_flat
    True
    """
    from scipy.stats import theilslopes

    hours, seen = np.asarray(at_s) / 3600, np.asarray(values, dtype=float)
    slope, _, low, high = theilslopes(seen, hours, 0.95)
    median = float(np.median(seen))
    limit = allowed.limit(median)
    is_flat = True if high <= limit else False if low > limit else None
    return Trend(
        median=median,
        lowest=float(seen.min()),
        highest=float(seen.max()),
        per_hour=float(slope),
        interval=(float(low), float(high)),
        is_flat=is_flat,
    )


class ProcessWatch:
    """Looks at one process and whatever it started.

    Parameters
    ----------
    name, pid
        What it is called in the figures, and which it is.
    """

    def __init__(self, name: str, pid: int) -> None:
        import psutil

        self.name = name
        self._process = psutil.Process(pid)

    def look(self) -> dict[str, float]:
        """What it holds now, by name; empty if it is gone. Children are counted and weighed apart."""
        import psutil

        try:
            with self._process.oneshot():
                found: dict[str, float] = {
                    "memory_mb": self._process.memory_info().rss / 1e6,
                    "threads": self._process.num_threads(),
                    "handles": self._process.num_fds(),
                }
            found["sockets"] = len(self._process.net_connections(kind="all"))
            children = self._process.children(recursive=True)
        except psutil.Error:
            return {}
        found["children"] = len(children)
        found["children_mb"] = 0.0
        for child in children:
            with suppress(psutil.Error):
                found["children_mb"] += child.memory_info().rss / 1e6
        return found


def files_below(folder: Path) -> int:
    """How many files, sockets and pipes lie below a folder."""
    return sum(not each.is_dir() for each in folder.rglob("*")) if folder.exists() else 0
