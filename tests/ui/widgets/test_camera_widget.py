"""A camera in a notebook, with a test in the browser's place."""

import time

import pytest

from lfr_kit.live.frame_bus import STATUS, BusPublisher, frames_of
from lfr_kit.ui.widgets.camera import CameraView

FRAMES = frames_of("north-1")


@pytest.fixture
def bus(tmp_path):
    with BusPublisher(tmp_path, "D-1") as publisher:
        yield publisher


@pytest.fixture
def view(tmp_path):
    made = CameraView("D-1", "north-1", folder=tmp_path)
    made.sent = []
    made.send = lambda content, buffers: made.sent.append((content["header"]["frame_index"], bytes(buffers[0])))
    yield made
    made.close()


def publish_until(bus, is_so, first=0):
    """Publishes frames numbered upwards until something is so; the last number."""
    number, until = first, time.monotonic() + 5
    while not is_so():
        number += 1
        bus.publish(FRAMES, {"camera_id": "north-1", "frame_index": number, "boxes": []}, b"a frame %d" % number)
        time.sleep(0.01)
        assert time.monotonic() < until
    return number


def drawn(view):
    view._handle_custom_msg({"kind": "next"}, [])


def test_camera_view_hands_on_one_frame_until_it_is_drawn_and_then_the_newest(bus, view):
    drawn(view)
    last = publish_until(bus, lambda: view.sent)
    started = time.monotonic()
    last = publish_until(bus, lambda: time.monotonic() > started + 0.4, first=last)
    assert len(view.sent) == 1
    first, body = view.sent[0]
    assert body == b"a frame %d" % first
    drawn(view)
    publish_until(bus, lambda: len(view.sent) > 1, first=last)
    assert view.sent[1][0] > first + 1
    assert view.n_shown == 2


def test_camera_view_other_messages_of_a_browser_do_nothing(bus, view):
    for content in ({"kind": "frame"}, {"kind": "run", "code": "1"}, "next", None, {}):
        view._handle_custom_msg(content, [])
    started = time.monotonic()
    publish_until(bus, lambda: time.monotonic() > started + 0.5)
    assert view.sent == []


def test_camera_view_figures_of_its_camera_are_its_only_other_state(bus, view):
    figures = {"cameras": [{"camera_id": "south", "fps": 1.0}, {"camera_id": "north-1", "fps": 25.0}]}
    until = time.monotonic() + 5
    while view.health is None:
        bus.publish(STATUS, figures)
        time.sleep(0.05)
        assert time.monotonic() < until
    assert view.health == {"camera_id": "north-1", "fps": 25.0}
    assert "frame" not in str({key: value for key, value in view.get_state().items() if key[0] != "_"})
