"""Live operation on one machine: cameras, engine, store, server and a visitor at once; how fast and how heavy."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from lfr_kit.benchmarks.live_browser import Drawn, looking, require_browser
from lfr_kit.benchmarks.live_viewer import Seen, watch
from lfr_kit.benchmarks.measuring import figure_row
from lfr_kit.demo.live_demo import LiveDemo, live_demo
from lfr_kit.demo.out import DemoFolder
from lfr_kit.governance.camera import Camera
from lfr_kit.live.broadcast import CAPTURE_TO_ALERT

__all__ = ["LivePlan", "bench_live"]

_SETTLES_S = 5
_COOLDOWN_S = 8.0
"""Shorter than in earnest, so that there are alerts enough to time."""


@dataclass(frozen=True)
class LivePlan:
    """What to run.

    Attributes
    ----------
    clip
        A recording that every camera plays, over and over.
    n_cameras, detect_every
        How many, and in which frames faces are looked for.
    seconds
        How long it is watched, after it has settled.
    with_browser
        Whether a real browser looks, at all cameras at once, instead of a client that pulls one camera's frames.
    """

    clip: Path
    n_cameras: int = 1
    detect_every: int = 2
    seconds: int = 60
    with_browser: bool = False

    @property
    def n_steps(self) -> int:
        """What a progress bar counts to."""
        return self.seconds + _SETTLES_S


@dataclass
class _Load:
    """What a process used while it was watched."""

    name: str
    pid: int
    cpu_share: float = 0.0
    peak_mb: float = 0.0

    def __post_init__(self) -> None:
        import psutil

        self._process = psutil.Process(self.pid)
        self._shares: list[float] = []
        self._process.cpu_percent()

    def look(self) -> None:
        import psutil

        with suppress(psutil.Error):
            self._shares.append(self._process.cpu_percent())
            self.peak_mb = max(self.peak_mb, self._process.memory_info().rss / 1e6)
            self.cpu_share = float(np.mean(self._shares))


def bench_live(plan: LivePlan, tell: Callable[[], None] = lambda: None) -> list[dict[str, Any]]:
    """Rows of figures, with ``target`` where there is one; `tell` is called about once a second.

    A frame counts as shown once it has arrived at a visitor who asks for the next as soon as the last is there.
    """
    if plan.with_browser:
        require_browser()
    with TemporaryDirectory(prefix="lfr-bench-") as place:
        folder = DemoFolder(Path(place))
        cameras = tuple(
            Camera(camera_id=f"camera-{n + 1}", source=str(plan.clip.absolute()), zone=None)
            for n in range(plan.n_cameras)
        )
        more = {
            "LFR_DETECT_EVERY": str(plan.detect_every),
            "LFR_LIVE__METRICS_PORT": "0",
            "LFR_POLICY__SETTINGS": json.dumps({"cooldown_s": _COOLDOWN_S}),
        }
        with live_demo(folder, cameras, tell=lambda gate: None, environment=more) as demo:
            loads = [_Load("runner", demo.runner.pid), _Load("server", demo.server.pid)]
            _settle(demo, tell)
            with _browser(demo) if plan.with_browser else nullcontext(Drawn()) as drawn:
                camera_id = None if plan.with_browser else cameras[0].camera_id
                seen = _watched(demo, camera_id, plan.seconds, loads, tell)
    return _rows(plan, seen, drawn, loads)


def _browser(demo: LiveDemo) -> AbstractContextManager[Drawn]:
    return looking(demo.address, demo.operator, demo.deployment_id)


def _settle(demo: LiveDemo, tell: Callable[[], None]) -> None:
    watch(
        demo.address, demo.operator, (demo.deployment_id, demo.camera_ids[0]), _SETTLES_S, _every(demo, [], tell)
    )


def _watched(
    demo: LiveDemo, camera_id: str | None, seconds: int, loads: list[_Load], tell: Callable[[], None]
) -> Seen:
    on_second = _every(demo, loads, tell)
    return watch(demo.address, demo.operator, (demo.deployment_id, camera_id), seconds, on_second)


def _every(demo: LiveDemo, loads: list[_Load], tell: Callable[[], None]) -> Callable[[], None]:
    def on_second() -> None:
        demo.beat()
        for load in loads:
            load.look()
        tell()

    return on_second


def _rows(plan: LivePlan, seen: Seen, drawn: Drawn, loads: Sequence[_Load]) -> list[dict[str, Any]]:
    last = seen.statuses[-1] if seen.statuses else {"cameras": [], "latency_ms": {}}
    rows = []
    for camera in last["cameras"]:
        rows.append(figure_row(f"{camera['camera_id']}, frames arriving", camera["fps"], "frames/s"))
        rows.append(figure_row(f"{camera['camera_id']}, frames looked at", camera["detect_fps"], "frames/s"))
    rows += _browser_rows(drawn) if plan.with_browser else _client_rows(seen)
    raised_s = [_capture_to_alert_s(last) + shown_s for shown_s in seen.alert_s]
    rows += _percentiles("capture to alert with both pictures", raised_s, target_ms=1000)
    rows += _percentiles("decision to acknowledgement", seen.decided_s, target_ms=300)
    for stage, ms in last["latency_ms"].items():
        rows.append(figure_row(f"runner, {stage}, p50", ms["p50"], "ms"))
    for load in loads:
        rows.append(figure_row(f"{load.name}, processor", load.cpu_share, "% of a core"))
        rows.append(figure_row(f"{load.name}, peak memory", load.peak_mb, "MB"))
    return [{**row, "n_cameras": plan.n_cameras, "detect_every": plan.detect_every} for row in rows]


def _client_rows(seen: Seen) -> list[dict[str, Any]]:
    shown = figure_row("frames shown to one visitor", _per_s(seen.frames_at), "frames/s", target=20)
    return [shown, *_percentiles("capture to preview at the visitor", seen.preview_s, target_ms=150)]


def _browser_rows(drawn: Drawn) -> list[dict[str, Any]]:
    rows = [figure_row("browser, page asked for to first frame", drawn.ready_s, "s", target=4)]
    for picture, frames in sorted(drawn.frames.items()):
        rows.append(
            figure_row(
                f"browser, {picture}, frames drawn", _per_s([at for at, _ in frames]), "frames/s", target=20
            )
        )
        rows += _percentiles(f"browser, {picture}, capture to drawn", [age for _, age in frames], target_ms=150)
    return rows


def _capture_to_alert_s(status: dict[str, Any]) -> float:
    """From the capture of the frame that raised an alert until it was stored, at worst (95th percentile)."""
    return float(status["latency_ms"].get(CAPTURE_TO_ALERT, {"p95": 0.0})["p95"]) / 1e3


def _percentiles(name: str, values_s: Sequence[float], *, target_ms: float) -> list[dict[str, Any]]:
    if not values_s:
        return [figure_row(f"{name}, none seen", None, "ms")]
    p50, p95 = np.percentile(np.asarray(values_s) * 1e3, (50, 95))
    n = len(values_s)
    return [
        figure_row(f"{name}, p50", float(p50), "ms", n=n),
        figure_row(f"{name}, p95", float(p95), "ms", n=n, target=target_ms),
    ]


def _per_s(times_s: Sequence[float]) -> float | None:
    if len(times_s) < 2:
        return None
    return (len(times_s) - 1) / (times_s[-1] - times_s[0])
