"""Referee: a real stream over HTTP on this machine that stops and returns; numbers in its pixels."""

import threading
import time
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from lfr_kit.errors import SettingError, SourceLostError, SourceNotFoundError, SourceUnreadableError
from lfr_kit.sources.camera import Camera
from lfr_kit.sources.connection import _stream_options
from tests.sources.conftest import encode, number_of
from tests.stream_server import StreamServer


@pytest.fixture
def server():
    server = StreamServer()
    yield server
    if server.is_on:
        server.stop()


def reader_threads():
    return [thread for thread in threading.enumerate() if thread.name.startswith("lfr-")]


def test_camera_slow_reader_gets_the_newest_frame(server):
    camera, lags = Camera(server.address), []
    for frame in camera:
        lags.append((server.now() - number_of(frame.image)) % 256)
        time.sleep(0.3)  # 15 frames pass meanwhile
        if len(lags) == 6:
            break
    camera.close()
    assert sorted(lags[1:])[2] < 15  # a queue would lag by 15 more each time: 75 in the end
    assert camera.n_dropped > 20
    assert camera.n_connects == 1


def test_camera_frames_have_arrival_times_and_count_the_dropped(server):
    camera, frames = Camera(server.address), []
    before = datetime.now(UTC)
    for frame in camera:
        assert abs(frame.captured_at - datetime.now(UTC)) < timedelta(seconds=2)
        frames.append(frame)
        time.sleep(0.1)
        if len(frames) == 3:
            break
    assert before <= frames[0].captured_at < frames[1].captured_at < frames[2].captured_at
    assert frames[2].frame_index - frames[0].frame_index > 2
    assert frames[0].position_s < frames[2].position_s
    camera.close()


def test_camera_stream_that_stops_and_returns_goes_on(server):
    camera = Camera(server.address, timeout_s=1.0, give_up_after_s=20)
    frames = iter(camera)
    first = next(frames)
    server.stop()
    back = threading.Timer(0.8, server.start)
    back.start()
    later = next(frame for frame in frames if camera.n_connects == 2)
    assert later.captured_at - first.captured_at > timedelta(seconds=0.8)
    assert later.frame_index > first.frame_index
    assert camera.is_connected
    frames.close()
    back.join()


def test_camera_stream_that_stays_away_is_given_up(server):
    camera = Camera(server.address, timeout_s=1.0, give_up_after_s=0.7)
    frames = iter(camera)
    next(frames)
    server.stop()
    with pytest.raises(SourceLostError, match=r"0\.7 s"):
        for _ in frames:
            pass
    assert not camera.is_connected
    assert not reader_threads()


def test_camera_close_from_another_thread_ends_the_iteration_and_the_thread(server):
    camera = Camera(server.address)
    closer = threading.Timer(0.3, camera.close)
    closer.start()
    assert sum(1 for _ in camera) > 0
    closer.join()
    assert not reader_threads()


def test_camera_consumer_that_stops_early_ends_the_thread(server):
    frames = iter(Camera(server.address))
    next(frames)
    assert reader_threads()
    frames.close()
    assert not reader_threads()


def test_camera_password_is_in_no_name_and_no_message(server):
    camera = Camera(server.address.replace("/cam", "/other"))
    assert camera.camera_id == f"http://127.0.0.1:{server.port}/other"
    with pytest.raises(SourceNotFoundError) as caught:
        next(iter(camera))
    assert "secret" not in str(caught.value)
    assert camera.camera_id in str(caught.value)


def test_camera_nobody_answers_raises_not_found(server):
    server.stop()
    with pytest.raises(SourceNotFoundError, match="cannot be reached"):
        next(iter(Camera(server.address)))


def test_camera_page_instead_of_a_stream_raises_unreadable(server):
    def page(request):
        request.send_response(200)
        request.send_header("Content-Length", "9000")
        request.end_headers()
        request.wfile.write(b"no video " * 1000)

    server.serve = page
    with pytest.raises(SourceUnreadableError, match="not with video"):
        next(iter(Camera(server.address)))


def test_camera_file_is_played_in_real_time_over_and_over(tmp_path):
    path = encode(tmp_path / "clip.mp4", range(8), fps=20)
    camera, numbers, began = Camera(path), [], time.monotonic()
    for frame in camera:
        numbers.append(number_of(frame.image))
        if camera.n_connects == 2:
            break
    assert time.monotonic() - began >= 0.35
    assert numbers[-1] < numbers[-2]
    camera.close()


class FakeCapture:
    """Stands for cv2.VideoCapture: five blue-first pictures, then the cable is pulled."""

    n_released = 0

    def __init__(self, device):
        self.device, self.n_read = device, 0

    def isOpened(self):
        return self.device == 0

    def read(self):
        time.sleep(0.02)
        self.n_read += 1
        return self.n_read <= 5, np.full((48, 64, 3), (200, 100, 50), np.uint8)

    def release(self):
        FakeCapture.n_released += 1


def test_camera_device_gives_rgb_and_is_released(monkeypatch):
    monkeypatch.setattr("cv2.VideoCapture", FakeCapture)
    FakeCapture.n_released = 0
    camera = Camera(0, give_up_after_s=0)
    frames = iter(camera)
    assert tuple(next(frames).image[0, 0]) == (50, 100, 200)
    assert camera.camera_id == "camera:0"
    with pytest.raises(SourceLostError):
        list(frames)
    assert FakeCapture.n_released >= 1


def test_camera_device_that_is_not_there_raises_not_found(monkeypatch):
    monkeypatch.setattr("cv2.VideoCapture", FakeCapture)
    with pytest.raises(SourceNotFoundError, match="camera 7"):
        next(iter(Camera(7)))


@pytest.mark.parametrize("settings", [{"give_up_after_s": -1}, {"timeout_s": 0}])
def test_camera_wrong_setting_raises_setting_error(settings):
    with pytest.raises(SettingError):
        Camera(0, **settings)


def test_camera_that_is_not_there_is_one_sentence_without_the_noise_of_opencv(capfd):
    with pytest.raises(SourceNotFoundError, match="not there or in use"):
        next(iter(Camera(77)))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("timeout_s", [0.5, 5.0, 30.0])
def test_stream_options_looking_at_a_stream_ends_before_its_timeout(timeout_s):
    """A transport stream without usable times is looked at to the end; beyond the time-out it never opened."""
    assert int(_stream_options(timeout_s)["analyzeduration"]) <= 0.5 * timeout_s * 1e6
