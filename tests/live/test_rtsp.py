"""RTSP from a server of somebody else's: killed, brought back, stopped in the middle of a picture."""

from __future__ import annotations

import signal
import subprocess
from functools import cache
from pathlib import Path

import pytest
from test_live_cameras import of, until

from lfr_kit.live.camera_health import CameraCondition
from lfr_kit.live.feeds import Happening
from lfr_kit.live.newest_of_each import NewestOfEach

PYTHON = "/usr/bin/python3"
NEEDED = "apt-get install gir1.2-gst-rtsp-server-1.0 python3-gi gstreamer1.0-plugins-good"


@cache
def why_not() -> str:
    """Why there is no RTSP server here; empty if there is one."""
    asked = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import Gst, GstRtspServer;"
    asked += "Gst.init(None); assert Gst.ElementFactory.find('jpegenc') and Gst.ElementFactory.find('rtpjpegpay')"
    if not Path(PYTHON).exists() or subprocess.run([PYTHON, "-c", asked], capture_output=True).returncode:
        return f"needs an RTSP server: {NEEDED}"
    return ""


class RtspServer:
    """GStreamer's, as a process; `kill` and `start` at the same port."""

    def __init__(self):
        self.port = 0
        self.start()

    def start(self):
        program = Path(__file__).with_name("rtsp_server.py")
        self.process = subprocess.Popen([PYTHON, program, str(self.port)], stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def kill(self):
        self.process.kill()
        self.process.communicate()

    @property
    def address(self):
        return f"rtsp://127.0.0.1:{self.port}/cam"


@pytest.fixture
def server():
    if reason := why_not():
        pytest.skip(reason)
    made = RtspServer()
    yield made
    made.kill()


@pytest.fixture
def feeds(server):
    made = NewestOfEach({"north": server.address})
    yield made
    made.close()


def test_server_that_is_killed_and_comes_back_is_followed(server, feeds):
    until(feeds, lambda seen, _: len(seen["north"]) >= 10, within_s=60)
    server.kill()
    _, news = until(feeds, lambda _, told: told, within_s=30)
    assert [each.happening for each in news] == [Happening.BROKEN]
    assert of(feeds, "north").condition is CameraCondition.LOST
    server.start()
    frames, news = until(feeds, lambda seen, _: len(seen["north"]) >= 10, within_s=60)
    assert Happening.BACK in [each.happening for each in news]
    indices = [frame.frame_index for frame in frames["north"]]
    assert indices == sorted(set(indices))
    assert of(feeds, "north").condition is CameraCondition.LIVE


def test_server_that_falls_silent_with_its_connection_open_is_lost_and_found_again(server, feeds):
    """As a camera whose cable is pulled: nobody says that the connection is over."""
    until(feeds, lambda seen, _: len(seen["north"]) >= 10, within_s=60)
    server.process.send_signal(signal.SIGSTOP)
    _, news = until(feeds, lambda _, told: told, within_s=40)
    assert [each.happening for each in news] == [Happening.BROKEN]
    server.process.send_signal(signal.SIGCONT)
    until(feeds, lambda seen, _: len(seen["north"]) >= 10, within_s=60)
