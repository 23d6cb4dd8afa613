"""Figures of one camera, on a clock of our own."""

from __future__ import annotations

import numpy as np
import pytest

from lfr_kit.live.camera_health import FROZEN_AFTER_S, SILENT_AFTER_S, CameraCondition, HealthLog


def picture(seed, size=(48, 64)) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 255, (*size, 3), np.uint8)


@pytest.fixture
def log():
    made = HealthLog("north")
    made.lit(True)
    return made


def test_camera_that_gives_frames_is_live_at_their_rate(log):
    for n in range(101):
        log.arrived(picture(n), n / 20)
    health = log.health(5.0, n_dropped=7)
    assert health.condition is CameraCondition.LIVE
    assert (health.fps, health.n_arrived, health.n_dropped, health.size_wh) == (20.0, 101, 7, (64, 48))


def test_camera_before_its_first_frame_is_starting(log):
    assert log.health(1.0, 0).condition is CameraCondition.STARTING


def test_camera_that_falls_silent_is_lost_though_nobody_said_so(log):
    log.arrived(picture(1), 0.0)
    health = log.health(SILENT_AFTER_S + 0.1, 0)
    assert health.condition is CameraCondition.LOST
    assert "check its power" in health.why


def test_camera_that_broke_is_lost_with_the_reason_until_frames_come_again(log):
    log.arrived(picture(1), 0.0)
    log.broke("the cable is out")
    assert (log.health(0.1, 0).condition, log.health(0.1, 0).why) == (CameraCondition.LOST, "the cable is out")
    log.arrived(picture(2), 1.0)
    assert log.health(1.0, 0).condition is CameraCondition.LIVE


def test_picture_that_never_changes_is_frozen_and_one_that_does_by_a_little_is_not(log):
    still = picture(1)
    for n in range(200):
        log.arrived(still, n / 25)
    health = log.health(200 / 25, 0)
    assert health.condition is CameraCondition.FROZEN
    assert "not changed for" in health.why
    noisy = HealthLog("south")
    noisy.lit(True)
    rng = np.random.default_rng(2)
    for n in range(200):
        noisy.arrived(still ^ (rng.random(still.shape) < 0.05).astype(np.uint8), n / 25)
    assert FROZEN_AFTER_S < 200 / 25
    assert noisy.health(200 / 25, 0).condition is CameraCondition.LIVE


def test_camera_that_is_not_read_is_dark_whatever_it_was(log):
    log.arrived(picture(1), 0.0)
    log.lit(False)
    assert log.health(0.1, 0).condition is CameraCondition.DARK
    log.lit(True)
    assert log.health(60.0, 0).condition is CameraCondition.STARTING
