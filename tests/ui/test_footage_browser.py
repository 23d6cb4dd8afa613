"""The browser shows the frame its slider stands at, and saves none."""

from __future__ import annotations

from io import BytesIO

import av
import numpy as np
import pytest
from PIL import Image

from lfr_kit.errors import SourceUnreadableError
from lfr_kit.ui.footage_browser import FootageBrowser, frame_at


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """Two seconds at 10 fps that grow brighter: frame i has grey value 10 i."""
    path = tmp_path_factory.mktemp("clip") / "ramp.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv444p"
        for i in range(20):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 10 * i, np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def shown(browser) -> float:
    return np.asarray(Image.open(BytesIO(browser._screen.children[0].value))).mean()


def test_frame_at_gives_the_frame_of_that_time(clip):
    assert frame_at(clip, 1.2).frame_index == 12
    with pytest.raises(SourceUnreadableError, match="ends before"):
        frame_at(clip, 60)


def test_footage_browser_follows_its_slider(clip):
    browser = FootageBrowser(clip, duration_s=2)
    assert shown(browser) == pytest.approx(0, abs=3)
    browser.slider.value = 6
    assert browser.caption.value == "1.20 s, frame 12"
    assert shown(browser) == pytest.approx(120, abs=3)


def test_footage_browser_shows_what_draw_makes_of_the_frame(clip):
    browser = FootageBrowser(clip, duration_s=2, draw=lambda frame: 255 - frame.image)
    assert shown(browser) == pytest.approx(255, abs=3)


def test_footage_browser_past_the_end_says_so(clip):
    browser = FootageBrowser(clip, duration_s=9)
    browser.slider.value = 40
    assert "ends before" in browser.caption.value


def test_footage_browser_saved_form_holds_no_pixel(clip):
    assert "xff" not in str(FootageBrowser(clip, duration_s=2)._repr_mimebundle_())
