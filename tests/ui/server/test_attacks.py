"""A hostile tester with raw sockets: floods, bombs, forged lines. The server goes on answering everybody else."""

from __future__ import annotations

import gzip
import json
import re
import socket
import struct
import time
import zlib
from contextlib import ExitStack, suppress

import psutil
import pytest
from test_frames import events, stalled
from websockets.exceptions import ConnectionClosed, InvalidStatus

from lfr_kit.ui.server.app import LARGEST_BODY


def line_to(served) -> socket.socket:
    host, port = served.address.split("/")[2].split(":")
    return socket.create_connection((host, int(port)), timeout=30)


def answered(served, request: bytes) -> bytes:
    """What comes back until the server closes or falls silent."""
    with line_to(served) as line:
        line.sendall(request)
        line.settimeout(3)
        got = b""
        try:
            while block := line.recv(65536):
                got += block
        except (TimeoutError, ConnectionError):
            pass
        return got


def goes_on(served) -> bool:
    return served.browser("operator").get("lfr/api/me").status_code == 200


def test_bodies_without_end_are_cut_off(served):
    head = b"POST /lfr/sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n"
    assert not answered(served, head + b"a" * 1000).startswith(b"HTTP/1.1 2")
    chunked = b"POST /lfr/sign-in HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    with line_to(served) as line:
        line.sendall(chunked)
        blocks = iter(range(8 * LARGEST_BODY // 65536))
        with suppress(ConnectionError):
            for _ in blocks:
                line.sendall(b"10000\r\n" + b"a" * 65536 + b"\r\n")
                time.sleep(0.005)
        assert next(blocks, None) is not None, "it took everything"
    browser = served.browser("operator")
    headers = {"X-XSRFToken": browser.xsrf, "Origin": browser.origin, "Content-Type": "application/json"}
    path = f"lfr/api/deployments/{served.deployment_id}/pause"
    large = b'{"reason": "' + b"a" * (LARGEST_BODY - 100) + b'"}'
    assert browser.client.post(path, content=large, headers=headers).status_code == 400
    assert goes_on(served)


def test_headers_without_end_are_cut_off(served):
    for filler in (b"X-A: a\r\n" * 100_000, b"X-A: " + b"a" * 1_000_000):
        with suppress(ConnectionError):
            assert not answered(served, b"GET / HTTP/1.1\r\nHost: x\r\n" + filler).startswith(b"HTTP/1.1 2")
    assert goes_on(served)


def test_compressed_bodies_are_not_unpacked(served):
    browser = served.browser("operator")
    bomb = gzip.compress(b'{"reason": "' + b"a" * 100_000_000 + b'"}')
    headers = {"X-XSRFToken": browser.xsrf, "Origin": browser.origin, "Content-Encoding": "gzip"}
    before = psutil.Process(served.process.pid).memory_info().rss
    path = f"lfr/api/deployments/{served.deployment_id}/pause"
    answer = browser.client.post(path, content=bomb, headers={**headers, "Content-Type": "application/json"})
    assert answer.status_code == 400
    assert psutil.Process(served.process.pid).memory_info().rss - before < 50e6


def test_no_line_is_compressed_so_that_there_is_nothing_to_unpack(served):
    browser = served.browser("operator")
    bomb = zlib.compress(bytes(50_000_000))
    with events(served, browser, compression="deflate") as line:
        assert line.response.headers.get("Sec-WebSocket-Extensions") is None
        line.socket.sendall(b"\xc1\xfe" + struct.pack(">H", len(bomb)) + bytes(4) + bomb)
        with pytest.raises(ConnectionClosed):
            list(line)
    assert goes_on(served)


def test_whoever_talks_too_much_on_a_line_is_cut_off(served):
    for said in ("a" * 10_000, b"\0" * 1_000_000):
        with events(served, served.browser("operator")) as line:
            line.send(said)
            with pytest.raises(ConnectionClosed):
                list(line)
    assert goes_on(served)


def test_a_session_has_so_many_lines_and_no_more(served):
    browser = served.browser("operator")
    with ExitStack() as lines:
        for _ in range(64):
            lines.enter_context(events(served, browser))
        with pytest.raises(InvalidStatus, match="429"):
            events(served, browser)
        with events(served, served.browser("operator")) as other:
            assert other.recv(timeout=30), "another session has lines of its own"


def test_whoever_goes_away_while_being_asked_who_they_are_leaves_nothing_behind(served):
    browser, before = served.browser("operator"), len(served.log.read_text())
    for _ in range(100):  # more than the lines of one session
        stalled(served, browser, f"lfr/ws/events/{served.deployment_id}", wait=False).close()
    with events(served, browser) as line:
        assert line.recv(timeout=30)
    assert "Traceback" not in served.log.read_text()[before:]


@pytest.mark.parametrize(
    "request_line",
    [
        b"GET /no\x1b[31mred HTTP/1.1",
        b"GET /no%0a2026-05-04 ERROR forged HTTP/1.1",
        b"GET /no\rforged HTTP/1.1",
        b"GET /no\x00such HTTP/1.1",
        b"\x1b]0;forged\x07 / HTTP/1.1",
    ],
)
def test_nothing_forged_gets_into_the_servers_log(served, request_line):
    before = len(served.log.read_text())
    answered(served, request_line + b"\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
    added = served.log.read_text()[before:]
    assert all(each.isprintable() for each in added.split("\n"))
    assert all(re.match(r"20\d\d-.* (INFO|ERROR|WARNING) ", each) for each in added.split("\n") if each)
    assert "\n2026-05-04 ERROR" not in added


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd", "/../etc/passwd", "/lfr/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd",
        "/%252e%252e/%252e%252e/etc/passwd", "/voila/static/..%2f..%2f..%2fetc%2fpasswd",
        "/voila/static/%252e%252e%252fetc%252fpasswd", "/voila/static//etc/passwd", "/voila/static/%00",
        "/voila/static/..\\..\\etc\\passwd", "/voila/templates/lfr/static/../../../../etc/passwd",
        "/voila/templates/..%2f..%2f/static/index.html", "/voila/labextensions/..%2f..%2f..%2fetc/passwd",
        "/voila/render/%2e%2e/dashboards/live.ipynb", "/voila/render//etc/passwd", "/voila/render/live.ipynb%00",
        "/voila/render/live.ipynb/..%2f..%2fsecret", "//etc/passwd", "/lfr/pictures/entries/%2e%2e/x",
        "/lfr/pictures/alerts/%00/probe", "/lfr/api/deployments/%2e%2e", "/lfr/api/deployments/..%2f..",
        "/voila/themes/..%2f..%2f..%2fetc/passwd", "/static/../../etc/passwd", "/nbextensions/x", "/files/x",
    ],
)  # fmt: skip
def test_no_way_of_writing_a_path_leads_to_a_file(served, path):
    browser = served.browser("silver")
    request = f"GET {path} HTTP/1.1\r\nHost: {browser.origin[7:]}\r\nCookie: {browser.cookie}\r\n"
    answer = answered(served, f"{request}Connection: close\r\n\r\n".encode())
    assert re.match(rb"HTTP/1.1 (302|400|403|404|405) ", answer), answer[:200]
    assert b"root:" not in answer
    assert b"Traceback" not in answer


def test_two_requests_in_one_are_not_smuggled(served):
    browser = served.browser("operator")
    both = (
        f"POST /lfr/sign-in HTTP/1.1\r\nHost: {browser.origin[7:]}\r\nContent-Length: 4\r\n"
        "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /lfr/api/me HTTP/1.1\r\n"
        f"Host: {browser.origin[7:]}\r\nCookie: {browser.cookie}\r\n\r\n"
    )
    assert b"operator" not in answered(served, both.encode())


def test_deep_json_on_a_line_ends_that_line_only(served):
    browser = served.browser("operator")
    with events(served, browser) as line:
        line.send("[" * 200)
        assert json.loads(line.recv(timeout=30))
    assert goes_on(served)
