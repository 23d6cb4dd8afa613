"""Referees: where the face is in the portrait (read off by eye), standard error, and a listening proxy."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading

import numpy as np
import pytest

from lfr_kit.detection.mediapipe_face import MediaPipeFaceDetector
from lfr_kit.errors import SettingError

pytestmark = pytest.mark.usefixtures("weights")

MAKE_AND_DETECT = """
import numpy as np
from datetime import UTC, datetime
from lfr_kit.records import Frame
from lfr_kit.detection.mediapipe_face import MediaPipeFaceDetector
detector = MediaPipeFaceDetector()
frame = Frame(image=np.zeros((64, 64, 3), np.uint8), frame_index=0, captured_at=datetime.now(UTC), camera_id="a")
print(len(detector.detect([frame])[0]))
"""

MAKE_UNSILENCED = """
from mediapipe.tasks.python import BaseOptions
from mediapipe.tasks.python.vision import FaceDetector, FaceDetectorOptions
from lfr_kit.models import model_path
import time
path = str(model_path("blazeface_full_range"))
FaceDetector.create_from_options(FaceDetectorOptions(base_options=BaseOptions(model_asset_path=path))).close()
time.sleep(1)
"""


@pytest.mark.parametrize("range_", ["full", "short"])
def test_detect_portrait_gives_the_face_and_its_landmarks(make_frame, portrait, range_):
    with MediaPipeFaceDetector(range=range_) as detector:
        found = detector.detect([make_frame(portrait, 5, "b")])[0]
    assert (found.camera_id, found.frame_index, len(found)) == ("b", 5, 1)
    right_eye, left_eye, nose, mouth = found.landmarks_px[0, :4]
    np.testing.assert_allclose(right_eye, (222, 190), atol=14)
    np.testing.assert_allclose(left_eye, (305, 188), atol=14)
    np.testing.assert_allclose(nose, (268, 238), atol=14)
    np.testing.assert_allclose(mouth, (268, 277), atol=14)


def test_detect_after_close_makes_a_new_task(make_frame, portrait):
    detector = MediaPipeFaceDetector()
    first = detector.detect([make_frame(portrait)])[0]
    detector.close()
    detector.close()
    again = detector.detect([make_frame(portrait)])[0]
    detector.close()
    np.testing.assert_array_equal(first.boxes_px, again.boxes_px)


def test_detect_blank_frame_gives_nothing(make_frame):
    with MediaPipeFaceDetector() as detector:
        assert len(detector.detect([make_frame(np.zeros((30, 40, 3), np.uint8))])[0]) == 0


@pytest.mark.parametrize("name", ["min_detection_score", "min_suppression_threshold"])
def test_detector_setting_out_of_range_is_refused(name):
    with pytest.raises(SettingError, match=name):
        MediaPipeFaceDetector(**{name: 1.5})


OF_CHANCE = ("Logging before InitGoogle", "Input tensor memory is not aligned")
"""What the library says or not by where its memory happens to lie."""


def test_detector_left_open_at_exit_says_nothing():
    ran = subprocess.run([sys.executable, "-c", MAKE_AND_DETECT], capture_output=True, text=True, check=True)
    said = [line for line in ran.stderr.splitlines() if not any(words in line for words in OF_CHANCE)]
    assert (ran.stdout, said) == ("0\n", [])


class Listener:
    """A proxy that hangs up on everybody and counts them."""

    def __enter__(self):
        self.calls: list[bytes] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()
        return self

    def _listen(self):
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                self.calls.append(connection.recv(200))

    def __exit__(self, *_):
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(5)

    def environment(self):
        address = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        return {**os.environ, "https_proxy": address, "HTTPS_PROXY": address, "no_proxy": "", "NO_PROXY": ""}


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere reports are turned away by a dead proxy instead")
def test_detector_reports_to_nobody():
    with Listener() as listener:
        script = MAKE_AND_DETECT + "detector.close()\nimport time\ntime.sleep(1)\n"
        subprocess.run([sys.executable, "-c", script], env=listener.environment(), check=True, capture_output=True)
        assert listener.calls == []
        # The same without the silence: the listener would have heard.
        subprocess.run(
            [sys.executable, "-c", MAKE_UNSILENCED], env=listener.environment(), check=True, capture_output=True
        )
        assert any(b"play.googleapis.com" in call for call in listener.calls)
