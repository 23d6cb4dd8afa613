"""Status, stage times and Prometheus. Referee: numpy's percentiles, Prometheus' own parser over a real port."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta
from urllib.request import urlopen

import numpy as np
import pytest
from alerted import make_alert, shot
from prometheus_client.parser import text_string_to_metric_families

from lfr_kit.errors import SettingError
from lfr_kit.live.camera_health import CameraCondition, CameraHealth
from lfr_kit.live.metrics import metric_families, serving_metrics
from lfr_kit.live.open_alerts import OpenAlerts
from lfr_kit.live.stage_times import Percentiles, StageTimes
from lfr_kit.live.status import CameraFigures, camera_values


def camera(**changes) -> dict:
    health = CameraHealth("north", CameraCondition.LIVE, 24.96, 500, 7, 2, (1920, 1080), 0.1, n_waiting=1)
    figures = {
        "looks_per_s": 12.5,
        "latency_ms": Percentiles(40.0, 95.0),
        "faces_seen": 31,
        "face_px_median": 61.26,
        "sharpness": 120.0,
        "brightness": 100.0,
        "zone": ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0)),
        "warnings": ["it is dark"],
    }
    return camera_values(health, CameraFigures(**{**figures, **changes}))


def status() -> dict:
    return {
        "is_lit": True,
        "waiting": 2,
        "presence": {"n": 3},
        "frames": 900,
        "faces_seen": 31,
        "alerts_raised": 4,
        "latency_ms": {"detection": {"p50": 20.0, "p95": 31.0}},
        "cameras": [camera(), {**camera(face_px_median=None), "camera_id": "south", "condition": "lost"}],
    }


@pytest.fixture
def port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def test_stage_times_are_numpys_percentiles_of_each_rounds_part():
    times, spent = StageTimes(), np.random.default_rng(0).uniform(0.001, 0.1, 200)
    for total in np.cumsum(spent):
        times.add({"detection": float(total), "idle": 0.0})
    found = times.percentiles()
    assert (found["detection"].p50, found["detection"].p95) == pytest.approx(
        tuple(np.percentile(spent * 1e3, (50, 95))), abs=0.01
    )
    assert "idle" not in found


def test_camera_values_hold_figures_only():
    values = camera()
    assert (values["fps"], values["detect_fps"], values["dropped"], values["face_px_median"]) == (
        25.0,
        12.5,
        7,
        61.3,
    )
    assert values["zone"] == [[0.0, 0.0], [0.5, 0.0], [0.5, 1.0]]
    assert values["warnings"] == ["it is dark"]


def test_prometheus_reads_what_is_served_and_the_port_is_free_afterwards(port):
    with serving_metrics(port, status):
        text = urlopen(f"http://127.0.0.1:{port}/metrics").read().decode()
        with pytest.raises(SettingError, match="metrics_port"), serving_metrics(port, status):
            pass
    read = {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert read["lfr_lit",] == 1
    assert read["lfr_alerts_total",] == 4
    assert read["lfr_camera_up", ("camera", "north")] == 1
    assert read["lfr_camera_up", ("camera", "south")] == 0
    assert read["lfr_camera_queue_depth", ("camera", "north")] == 1
    assert read["lfr_camera_frames_dropped_total", ("camera", "north")] == 7
    assert read["lfr_camera_latency_p95_seconds", ("camera", "north")] == pytest.approx(0.095)
    assert read["lfr_stage_seconds", ("quantile", "0.95"), ("stage", "detection")] == pytest.approx(0.031)
    assert ("lfr_camera_face_height_pixels", ("camera", "south")) not in read
    with serving_metrics(port, status):
        pass


def test_metrics_are_heard_on_one_address_only(port):
    with serving_metrics(port, status), socket.socket() as other:
        assert other.connect_ex(("127.0.0.2", port)) != 0  # whoever listens everywhere listens there too


def test_no_metrics_before_there_is_anything_to_say():
    assert list(metric_families({})) == []


def test_open_alerts_uncover_their_track_until_it_ends_or_its_camera_breaks():
    opened, at = OpenAlerts(), datetime.now(UTC) - timedelta(seconds=1)
    for camera_id in ("north", "south"):
        opened.add(make_alert("E-1", f"A-{camera_id}", shot=shot(camera_id, at=at)))
    assert opened.of_camera("north") == {1: "A-north"}
    opened.end("north", [1])
    assert (opened.of_camera("north"), len(opened)) == ({}, 1)
    opened.forget_camera("south")
    assert len(opened) == 0
