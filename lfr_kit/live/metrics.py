"""The runner's figures for Prometheus, on this machine only: counts and times, nothing of anybody.

References
----------
Names after the Prometheus conventions: base units, ``_total`` for counters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from lfr_kit.errors import SettingError

__all__ = ["metric_families", "serving_metrics"]

_PER_CAMERA = (
    ("lfr_camera_frames_per_second", "fps", "Frames that arrive"),
    ("lfr_camera_looks_per_second", "detect_fps", "Frames in which faces are looked for"),
    ("lfr_camera_latency_p50_seconds", "latency_ms_p50", "From capture to what became of a frame, median"),
    ("lfr_camera_latency_p95_seconds", "latency_ms_p95", "The same, 95th percentile"),
    ("lfr_camera_queue_depth", "waiting", "Frames that wait for the engine: none, or the newest"),
    ("lfr_camera_face_height_pixels", "face_px_median", "Median height of faces"),
)
_COUNTED_PER_CAMERA = (
    ("lfr_camera_frames_dropped", "dropped", "Frames replaced by a newer one before anybody took them"),
    ("lfr_camera_connects", "connects", "Times its frames began to come"),
    ("lfr_camera_faces_seen", "faces_seen", "Faces seen"),
)
_COUNTED = (
    ("lfr_frames", "frames", "Frames taken by the engine"),
    ("lfr_faces_seen", "faces_seen", "Faces seen, by the method named in the record"),
    ("lfr_alerts", "alerts_raised", "Alerts in the store"),
)


def metric_families(status: Mapping[str, Any]) -> Iterator[Any]:
    """The figures of a status (`lfr_kit.live.status`) as Prometheus metric families; none of an empty one."""
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    if not status:
        return
    yield GaugeMetricFamily("lfr_lit", "Whether faces are being compared", value=float(status["is_lit"]))
    yield GaugeMetricFamily("lfr_alerts_waiting", "Alerts that wait for the store", value=status["waiting"])
    yield GaugeMetricFamily("lfr_officers_present", "Officers on the ground", value=status["presence"]["n"])
    for name, key, what in _COUNTED:
        yield CounterMetricFamily(name, what, value=status[key])
    stages = GaugeMetricFamily("lfr_stage_seconds", "Time of a stage per round", labels=["stage", "quantile"])
    for stage, ms in status["latency_ms"].items():
        for quantile, which in (("0.5", "p50"), ("0.95", "p95")):
            stages.add_metric([stage, quantile], ms[which] / 1000)
    yield stages
    yield from _camera_families(status["cameras"])


def _camera_families(cameras: list[Mapping[str, Any]]) -> Iterator[Any]:
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    up = GaugeMetricFamily("lfr_camera_up", "Whether it gives a living picture", labels=["camera"])
    for camera in cameras:
        up.add_metric([camera["camera_id"]], float(camera["condition"] == "live"))
    yield up
    for make, rows in ((GaugeMetricFamily, _PER_CAMERA), (CounterMetricFamily, _COUNTED_PER_CAMERA)):
        for name, key, what in rows:
            family = make(name, what, labels=["camera"])
            for camera in cameras:
                if camera[key] is not None:
                    family.add_metric([camera["camera_id"]], camera[key] / (1000 if "_ms_" in key else 1))
            yield family
    yield from _recording_families([each for each in cameras if each.get("recording")])


def _recording_families(cameras: list[Mapping[str, Any]]) -> Iterator[Any]:
    """Of cameras that the authority lets be recorded; none where there is no such camera."""
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    if not cameras:
        return
    now = GaugeMetricFamily("lfr_camera_recording", "Whether footage of it is being kept", labels=["camera"])
    failed = GaugeMetricFamily("lfr_camera_recording_failed", "Whether recording it has failed", labels=["camera"])
    for camera in cameras:
        state = camera["recording"]["state"]
        now.add_metric([camera["camera_id"]], float(state == "recording"))
        failed.add_metric([camera["camera_id"]], float(state == "stopped"))
    yield now
    yield failed
    for key, what in (("frames", "Frames recorded"), ("dropped", "Frames that recording could not keep up with")):
        family = CounterMetricFamily(f"lfr_camera_recording_{key}", what, labels=["camera"])
        for camera in cameras:
            family.add_metric([camera["camera_id"]], camera["recording"][key])
        yield family


class _Latest:
    """A collector of whatever the status is when it is asked."""

    def __init__(self, status: Callable[[], Mapping[str, Any]]) -> None:
        self._status = status

    def collect(self) -> Iterator[Any]:
        return metric_families(self._status())


@contextmanager
def serving_metrics(port: int, status: Callable[[], Mapping[str, Any]]) -> Iterator[None]:
    """Answers ``http://127.0.0.1:PORT/metrics`` while the block lasts; not at all if `port` is 0.

    Raises
    ------
    SettingError
        If the port is taken.
    """
    from prometheus_client import CollectorRegistry, start_http_server

    if not port:
        yield
        return
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Latest(status))
    try:
        server, thread = start_http_server(port, addr="127.0.0.1", registry=registry)
    except OSError as error:
        raise SettingError(
            f"live.metrics_port: {port} cannot be used ({error.strerror}); another runner may have it: choose "
            "another, or 0 for none"
        ) from None
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5.0)
