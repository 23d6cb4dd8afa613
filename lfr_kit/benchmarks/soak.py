"""A deployment that stays open for hours, with cameras, a viewer, alerts and decisions: what grows in it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import TYPE_CHECKING, Any

from lfr_kit.benchmarks.live_viewer import watch
from lfr_kit.benchmarks.measuring import figure_row
from lfr_kit.benchmarks.process_watch import Growth, ProcessWatch, files_below, trend_of
from lfr_kit.demo.live_demo import LiveDemo, live_demo
from lfr_kit.demo.out import DemoFolder
from lfr_kit.errors import LfrError, SettingError

if TYPE_CHECKING:
    from lfr_kit.governance.camera import Camera

__all__ = ["Soak", "SoakPlan", "bench_soak", "soak_rows"]

SETTLES = 0.5
"""Share of the time that is not judged. What fills up, caches and pools of memory, rises in it and is level in the
other half; what leaks rises in both."""
_FEWEST = 5
"""Looks that must be left to be judged."""
_COOLDOWN_S = 30.0
_ALLOWED = {
    "memory_mb": Growth(2.0, 0.01),
    "threads": Growth(0.2),
    "handles": Growth(0.5),
    "sockets": Growth(0.5),
    "children": Growth(0.2),
    "children_mb": Growth(10.0, 0.02),
    "temporary_files": Growth(0.5),
    "waiting_files": Growth(0.2),
}
"""What may be added in an hour; of eight hours that is eight times as much."""
_UNITS = {"memory_mb": "MB", "children_mb": "MB", "database_mb": "MB"}
_DASHBOARDS = ("alerts", "live", "summary")


@dataclass(frozen=True)
class SoakPlan:
    """What to run.

    Attributes
    ----------
    cameras
        Of the deployment, e.g. recordings.
    seconds
        How long.
    every_s
        Between two looks at the processes.
    visit_s
        How long the viewer stays before it signs in anew and opens another dashboard and camera.

    Raises
    ------
    SettingError
        If there would be too few looks to judge.
    """

    cameras: tuple[Camera, ...]
    seconds: float = 3600.0
    every_s: float = 10.0
    visit_s: float = 300.0

    def __post_init__(self) -> None:
        if self.seconds * (1 - SETTLES) < _FEWEST * self.every_s:
            raise SettingError(
                f"{self.seconds:g} s with a look every {self.every_s:g} s are too short to judge; watch for longer"
            )

    @property
    def settles_s(self) -> float:
        """Seconds from the beginning that are not judged."""
        return SETTLES * self.seconds


@dataclass
class Soak:
    """What was seen.

    Attributes
    ----------
    at_s
        Seconds since the beginning, of each look.
    values
        ``"runner memory_mb"`` and the like -> one value for each look.
    counts
        Frames, alerts, decisions, previews, sign-ins.
    """

    at_s: list[float] = field(default_factory=list)
    values: dict[str, list[float]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def note(self, at_s: float, found: dict[str, float]) -> None:
        """One look."""
        self.at_s.append(at_s)
        for name, value in found.items():
            self.values.setdefault(name, []).append(value)


def bench_soak(plan: SoakPlan, tell: Callable[[], None] = lambda: None) -> Soak:
    """Runs it in a store that is thrown away; `tell` is called about once a second.

    Raises
    ------
    LfrError
        If a process ended.
    """
    with TemporaryDirectory(prefix="lfr-soak-") as place:
        folder = DemoFolder(Path(place) / "demo")
        temporary = Path(place) / "tmp"
        temporary.mkdir()
        more = {
            "TMPDIR": str(temporary),
            "JUPYTER_RUNTIME_DIR": str(temporary / "jupyter"),
            "LFR_LIVE__METRICS_PORT": "0",
            "LFR_POLICY__SETTINGS": json.dumps({"cooldown_s": _COOLDOWN_S}),
        }
        with live_demo(folder, plan.cameras, tell=lambda gate: None, environment=more) as demo:
            return _Watching(plan, demo, folder.path, temporary, tell).run()


class _Watching:
    def __init__(
        self, plan: SoakPlan, demo: LiveDemo, folder: Path, temporary: Path, tell: Callable[[], None]
    ) -> None:
        self._plan, self._demo, self._folder, self._temporary = plan, demo, folder, temporary
        self._tell = tell
        self._processes = [ProcessWatch("runner", demo.runner.pid), ProcessWatch("server", demo.server.pid)]
        self._began_s = self._due_s = monotonic()
        self._seen = Soak(counts={"previews": 0, "decisions": 0, "visits": 0, "visits broken off": 0})

    def run(self) -> Soak:
        """Visits until the time is over."""
        for camera_id, dashboard in zip(cycle(self._demo.camera_ids), cycle(_DASHBOARDS), strict=False):
            left_s = self._began_s + self._plan.seconds - monotonic()
            if left_s < 1:
                return self._seen
            self._visit(camera_id, dashboard, min(left_s, self._plan.visit_s))
        raise AssertionError

    def _visit(self, camera_id: str, dashboard: str, seconds: float) -> None:
        """A visit that breaks off is counted; the next begins anew, as a page would."""
        from tornado.httpclient import HTTPClientError

        what, counts = (self._demo.deployment_id, camera_id), self._seen.counts
        counts["visits"] += 1
        try:
            seen = watch(self._demo.address, self._demo.operator, what, seconds, self._each_second, dashboard)
        except (LfrError, OSError, HTTPClientError):
            if self._demo.ended:
                raise LfrError(f"{self._demo.ended} ended by itself; what it said is above") from None
            counts["visits broken off"] += 1
            return
        counts["previews"] += len(seen.frames_at)
        counts["decisions"] += len(seen.decided_s)
        if seen.statuses:
            counts["frames"] = seen.statuses[-1]["frames"]
            counts["alerts"] = seen.statuses[-1]["alerts_raised"]

    def _each_second(self) -> None:
        self._demo.beat()
        self._tell()
        now_s = monotonic()
        if now_s >= self._due_s:
            self._due_s = now_s + self._plan.every_s
            self._seen.note(now_s - self._began_s, self._look())

    def _look(self) -> dict[str, float]:
        found = {f"{each.name} {what}": value for each in self._processes for what, value in each.look().items()}
        database = [*(self._folder / "store").glob("lfr.sqlite*")]
        return {
            **found,
            "temporary_files": files_below(self._temporary),
            "waiting_files": files_below(self._folder / "spool"),
            "database_mb": sum(each.stat().st_size for each in database) / 1e6,
        }


def soak_rows(plan: SoakPlan, seen: Soak) -> list[dict[str, Any]]:
    """One row for each thing watched: its median, its slope in an hour, and ``is_flat``; then what was done.

    ``is_flat`` is None where it was watched too shortly, and for the database, which grows by what is written.
    """
    first = next((n for n, at_s in enumerate(seen.at_s) if at_s >= plan.settles_s), len(seen.at_s))
    rows = [*_trend_rows(seen.at_s[first:], {name: values[first:] for name, values in seen.values.items()})]
    return rows + [figure_row(name, n, "in all") for name, n in seen.counts.items()]


def _trend_rows(at_s: Sequence[float], values: dict[str, list[float]]) -> Iterator[dict[str, Any]]:
    for name, of_name in values.items():
        what = name.rpartition(" ")[2]
        if len(of_name) != len(at_s) or len(at_s) < _FEWEST:
            yield figure_row(f"{name}, not always seen", None, _UNITS.get(what, ""), is_flat=False)
            continue
        trend = trend_of(at_s, of_name, _ALLOWED.get(what, Growth(float("inf"))))
        yield figure_row(
            name,
            trend.median,
            _UNITS.get(what, ""),
            per_hour=trend.per_hour,
            interval=trend.interval,
            lowest=trend.lowest,
            highest=trend.highest,
            is_flat=trend.is_flat if what in _ALLOWED else None,
        )
