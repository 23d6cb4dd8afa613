"""Frames and events by WebSocket: pulled one by one, nothing kept for whoever does not read."""

from __future__ import annotations

import base64
import json
import os
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from alerted import CAMERA, logged
from served import JPEG, TOGETHER, Served, publish_frame, publish_status
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from lfr_kit.governance.roles import PERMISSIONS, Action
from lfr_kit.live.frame_bus import BusPublisher
from lfr_kit.operations import adjudication, alerts

SEE_ALERTS = PERMISSIONS[Action.ALERT_VIEW]
WATCHING = ("operator", "officer", "silver")


def until(is_so: Callable[[], bool], at_most_s: float = 30) -> None:
    """Waits; fails if it never is."""
    end = time.monotonic() + at_most_s
    while not is_so():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.02)


@contextmanager
def again_and_again(do: Callable[[], object], every_s: float):
    """Does something in the background until the block ends."""
    is_over = threading.Event()

    def doing() -> None:
        while not is_over.wait(every_s):
            do()

    thread = threading.Thread(target=doing)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


@contextmanager
def publishing(bus: BusPublisher, every_s: float = 0.02, body: bytes = JPEG):
    """A runner's frames, numbered, until the block ends; yields a list whose last element is the newest number."""
    sent = [0]

    def publish() -> None:
        sent.append(sent[-1] + 1)
        publish_frame(bus, sent[-1], body=body)

    with again_and_again(publish, every_s):
        yield sent


def telling(bus: BusPublisher, served: Served, **figures: object):
    """A runner's figures until the block ends."""
    return again_and_again(lambda: publish_status(bus, served, **figures), 0.1)


def opened(served, browser, path: str, *, origin: str | None = "", cookie: str | None = None, **more):
    address = served.address.replace("http", "ws") + path
    headers = {"Cookie": browser.cookie if cookie is None else cookie}
    return connect(address, additional_headers=headers, origin=browser.origin if origin == "" else origin, **more)


def frames(served, browser, camera_id: str = CAMERA, **more):
    return opened(served, browser, f"lfr/ws/frames/{served.deployment_id}/{camera_id}", **more)


def events(served, browser, deployment_id: str = "", **more):
    return opened(served, browser, f"lfr/ws/events/{deployment_id or served.deployment_id}", **more)


def taken(packet: bytes) -> tuple[dict, bytes]:
    (length,) = struct.unpack_from(">I", packet)
    return json.loads(packet[4 : 4 + length]), packet[4 + length :]


def next_of(line, *kinds: str) -> dict:
    """The next event of one of these kinds."""
    while True:
        event = json.loads(line.recv(timeout=30))
        if event["type"] in kinds:
            return event


def test_each_next_brings_one_newer_frame_with_its_header(served, bus):
    with frames(served, served.browser("operator")) as line, publishing(bus):
        seen = []
        for _ in range(5):
            line.send("next")
            header, body = taken(line.recv(timeout=30))
            assert body == JPEG
            seen.append(header["frame_index"])
    assert seen == sorted(set(seen))


def test_nothing_comes_unasked(served, bus):
    with frames(served, served.browser("operator")) as line, publishing(bus):
        line.send("next")
        line.recv(timeout=30)
        with pytest.raises(TimeoutError):
            line.recv(timeout=0.4)


def test_whoever_comes_back_gets_the_newest_frame(served, bus):
    with frames(served, served.browser("operator")) as line, publishing(bus) as sent:
        line.send("next")
        first = taken(line.recv(timeout=30))[0]["frame_index"]
        until(lambda: sent[-1] > first + 50)
        line.send("next")
        header, _ = taken(line.recv(timeout=30))
    assert header["frame_index"] > first + 40


def test_visitors_share_one_subscriber_and_each_gets_every_frame_asked_for(served, bus):
    with ExitStack() as open_lines, publishing(bus):
        lines = [open_lines.enter_context(frames(served, served.browser(name))) for name in WATCHING]
        for line in lines:
            line.send("next")
        assert all(taken(line.recv(timeout=30))[1] == JPEG for line in lines)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
def test_twenty_visitors_at_once_all_see_the_present_and_cost_little_memory(served, bus):
    with ExitStack() as open_lines, publishing(bus, 0.05) as sent:
        browsers = [served.browser(WATCHING[n % len(WATCHING)]) for n in range(20)]
        before = resident_kb(served.process.pid)
        lines = [open_lines.enter_context(frames(served, browser)) for browser in browsers]
        seen = [-1] * len(lines)
        for _ in range(15):
            for line in lines:
                line.send("next")
            for n, line in enumerate(lines):
                header, picture = taken(line.recv(timeout=30))
                assert picture == JPEG
                assert seen[n] < header["frame_index"] <= sent[-1]
                seen[n] = header["frame_index"]
        assert resident_kb(served.process.pid) - before < 40_000
        assert served.browser("operator").get("lfr/api/me").status_code == 200


def test_a_runner_that_starts_later_is_heard(served):
    with frames(served, served.browser("operator")) as line:
        line.send("next")
        with BusPublisher(served.bus_dir, served.deployment_id) as late, publishing(late):
            assert taken(line.recv(timeout=30))[1] == JPEG


def resident_kb(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


def stalled(served, browser, path: str, *, wait: bool = True) -> socket.socket:
    """A browser that opens a WebSocket and never reads; or does not even `wait` until it is open."""
    host, port = served.address.split("/")[2].split(":")
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    made.connect((host, int(port)))
    key = base64.b64encode(os.urandom(16)).decode()
    made.sendall(
        f"GET /{path} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nOrigin: {browser.origin}\r\n"
        f"Cookie: {browser.cookie}\r\n\r\n".encode()
    )
    assert not wait or b"101" in made.recv(64)
    return made


def masked(text: bytes) -> bytes:
    return bytes([0x81, 0x80 | len(text)]) + bytes(4) + text


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
def test_browsers_that_stop_reading_cost_no_memory(served, bus):
    browser, large = served.browser("operator"), JPEG * 20  # a megabyte a frame
    path = f"lfr/ws/frames/{served.deployment_id}/{CAMERA}"
    with publishing(bus, 0.01, large) as sent:
        lines = [stalled(served, browser, path) for _ in range(5)]
        for line in lines:
            line.sendall(masked(b"next") * 50)
        until(lambda: sent[-1] > 50)
        before, at = resident_kb(served.process.pid), sent[-1]
        for line in lines:
            line.sendall(masked(b"next") * 50)
        until(lambda: sent[-1] > at + 300, 60)
        assert resident_kb(served.process.pid) - before < 20_000
        with frames(served, browser) as other:
            other.send("next")
            assert taken(other.recv(timeout=30))[0]["frame_index"] >= at
    for line in lines:
        line.close()


def test_watching_is_logged_once_under_the_name_of_who_watches(served, bus):
    browser = served.browser("operator-2")
    for _ in range(3):
        with frames(served, browser), publishing(bus):
            pass
    looks = [row for row in logged(served.store, "alert.view") if row.subject == "camera"]
    assert len([row for row in looks if row.actor_id == "operator-2"]) == 1


@pytest.mark.parametrize("who", [name for name, roles in TOGETHER.items() if not SEE_ALERTS & set(roles)])
def test_whoever_may_not_see_alerts_sees_no_frames(served, who):
    with pytest.raises(InvalidStatus) as refused:
        frames(served, served.browser(who))
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("open_line", [frames, events])
@pytest.mark.parametrize(
    "how", [{"origin": None}, {"origin": "https://elsewhere.example"}, {"origin": "null"}, {"cookie": "a=b"}]
)
def test_a_line_needs_a_session_and_our_origin(served, open_line, how):
    with pytest.raises(InvalidStatus) as refused:
        open_line(served, served.browser("operator"), **how)
    assert refused.value.response.status_code in (401, 403)


@pytest.mark.parametrize("path", ["lfr/ws/frames/{D}/north-1?token=x", "lfr/ws/events/{D}?token=x"])
def test_a_line_takes_no_token(served, path):
    with pytest.raises(InvalidStatus) as refused:
        opened(served, served.browser("operator"), path.replace("{D}", served.deployment_id))
    assert refused.value.response.status_code == 403


def test_there_is_no_line_to_a_camera_or_deployment_that_is_not_there(served):
    browser = served.browser("operator")
    for path in (
        f"lfr/ws/frames/{served.deployment_id}/nowhere",
        "lfr/ws/frames/D-9/north-1",
        "lfr/ws/events/D-9",
    ):
        with pytest.raises(InvalidStatus) as refused:
            opened(served, browser, path)
        assert refused.value.response.status_code == 404


def test_a_line_is_closed_when_its_session_ends(served):
    browser = served.browser("operator")
    with events(served, browser) as line:
        browser.post("lfr/sign-out")
        with pytest.raises(ConnectionClosed) as closed:
            list(line)
    assert closed.value.rcvd.code == 4401


def test_events_tell_how_it_stands_to_whoever_comes_later_too(served, bus):
    with events(served, served.browser("operator")) as line, telling(bus, served, frames=77):
        assert next_of(line, "status")["frames"] == 77
    with events(served, served.browser("operator")) as line:
        with telling(bus, served, frames=78):
            assert next_of(line, "status")["frames"] == 78
        with events(served, served.browser("analyst")) as later:
            assert next_of(later, "status")["frames"] == 78


def test_events_tell_when_the_runner_falls_silent_and_when_it_is_back(served, bus):
    with events(served, served.browser("operator")) as line:
        assert next_of(line, "runner") == {"type": "runner", "is_there": False}
        with telling(bus, served):
            assert next_of(line, "runner") == {"type": "runner", "is_there": True}
        assert next_of(line, "runner") == {"type": "runner", "is_there": False}


def test_events_tell_that_alerts_changed_whoever_changed_them(served):
    with events(served, served.browser("operator")) as line:
        known = next_of(line, "alerts")["version"]
        assert next_of(line, "deployment")["state"] == "open"
        alert_id = served.alert()  # by the runner, in the store
        known, before = next_of(line, "alerts")["version"], known
        assert known > before
        from governed import person

        from lfr_kit.governance.adjudication import DecisionReason, Verdict
        from lfr_kit.governance.roles import Role

        colleague = person(Role.LFR_OPERATOR, name="operator-2")  # by another program
        alerts.view(served.store, colleague, alert_id)
        adjudication.decide(served.store, colleague, alert_id, Verdict.DISMISSED, DecisionReason.DIFFERENT_PERSON)
        assert next_of(line, "alerts")["version"] > known


def test_events_tell_that_an_alert_changed_hands_and_the_queue_says_whose_it_is(served):
    alert_id, browser = served.alert(), served.browser("operator")
    with events(served, served.browser("officer")) as line:
        known = next_of(line, "alerts")["version"]
        handed = {"to": "officer", "note": "by the bakery"}
        assert browser.post(f"lfr/api/alerts/{alert_id}/hand-over", handed).status_code == 200
        assert next_of(line, "alerts")["version"] > known
    listed = browser.get(f"lfr/api/deployments/{served.deployment_id}/alerts").json()["alerts"]
    (own,) = [each for each in listed if each["alert_id"] == alert_id]
    assert (own["in_hand"], own["acknowledged_at"]) == ("officer", None)
    notes = [each["note"] for each in browser.get(f"lfr/api/alerts/{alert_id}").json()["events"]]
    assert "by the bakery" in notes
    nobody_such = browser.post(f"lfr/api/alerts/{alert_id}/hand-over", {"to": "analyst", "held_by": "officer"})
    assert nobody_such.status_code == 400


def test_who_has_a_page_open_is_told_to_those_who_hand_alerts_over(served):
    path = f"lfr/api/deployments/{served.deployment_id}/presence"
    operator, reviewer = served.browser("operator"), served.browser("reviewer")
    with events(served, served.browser("operator-2")) as one, events(served, served.browser("reviewer")) as other:
        for line in (one, other):
            line.recv(timeout=30)
        assert operator.get(path).json()["watching"] == ["operator-2"], "a reviewer has no alerts in hand"
        assert reviewer.get(path).json()["watching"] == []
    until = time.monotonic() + 30
    while operator.get(path).json()["watching"]:
        assert time.monotonic() < until
