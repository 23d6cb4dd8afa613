"""The notebooks' kernels: no key, nobody else's, and no code but the notebook's."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
import uuid
from pathlib import Path

import httpx
import nbformat
import psutil
import pytest
from served import Browser
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from lfr_kit.ui.server.kernels import kernel_environment

CODE = "from IPython.display import Markdown; Markdown('shown ' + str(6 * 7))"


@pytest.fixture
def shown(place, tmp_path):
    """A server with one small dashboard, and its page as somebody sees it: (server, browser, page)."""
    folder = tmp_path / "dashboards"
    folder.mkdir()
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(metadata={"kernelspec": kernel}, cells=[nbformat.v4.new_code_cell(CODE)])
    nbformat.write(notebook, folder / "live.ipynb")
    nbformat.write(notebook, folder / "secret.ipynb")
    place.start("--folder", str(folder), "--base-url", "/lfr/", LFR_MASTER_KEY="not-to-be-told", MY_TOKEN="x")
    browser = place.browser("silver")
    answer = browser.get("voila/render/live.ipynb")
    assert answer.status_code == 200, answer.text
    return place, browser, answer.text


def kernel_of(page: str) -> str:
    found = re.search(r'"kernelId": ?"([0-9a-f-]+)"', page)
    assert found, page
    return found[1]


def processes(place) -> list[psutil.Process]:
    children = psutil.Process(place.process.pid).children(recursive=True)
    return [child for child in children if "ipykernel" in " ".join(child.cmdline())]


def channels(place, browser: Browser, kernel_id: str, origin: str = ""):
    address = place.address.replace("http", "ws") + f"api/kernels/{kernel_id}/channels?session_id=1"
    return connect(address, additional_headers={"Cookie": browser.cookie}, origin=origin or browser.origin)


def message(kind: str, **content: object) -> str:
    header = {"msg_id": uuid.uuid4().hex, "msg_type": kind, "session": "1", "username": "", "version": "5.3"}
    rest = {"parent_header": {}, "metadata": {}, "content": content, "buffers": []}
    return json.dumps({"channel": "shell", "header": header, **rest})


def test_a_dashboard_is_shown_and_its_kernel_knows_nothing(shown):
    place, browser, page = shown
    assert "shown 42" in page
    (kernel,) = processes(place)
    told = kernel.environ()
    assert not [name for name in told if name.startswith("LFR_") or "TOKEN" in name]
    assert "not-to-be-told" not in str(told)
    session = browser.client.cookies["lfr_session"]
    assert session not in str(told) + page

    # what the store and its key are called stands nowhere in what the page or the kernel's start was told
    assert str(place.chosen.key_file) not in str(told) + page + " ".join(kernel.cmdline())

    kernel_id = kernel_of(page)
    with channels(place, browser, kernel_id) as line:
        line.send(message("execute_request", code="import os; os.system('touch /tmp/forged')", silent=False))
        line.send(message("kernel_info_request"))
        kinds = []
        while "kernel_info_reply" not in kinds:
            kinds.append(json.loads(line.recv(timeout=60))["msg_type"])
    assert "execute_reply" not in kinds
    assert not Path("/tmp/forged").exists()

    others = place.browser("operator")
    for path in (f"api/kernels/{kernel_id}", f"voila/api/shutdown/{kernel_id}"):
        send = others.get if path.startswith("api") else others.post
        assert send(path).status_code == 404, "somebody else's kernel"
    with pytest.raises(InvalidStatus):
        channels(place, others, kernel_id)
    with pytest.raises(InvalidStatus):
        channels(place, browser, kernel_id, "https://elsewhere.example")
    assert place.browser("operator").get("voila/render/secret.ipynb").status_code == 404

    assert browser.post(f"voila/api/shutdown/{kernel_id}").status_code == 204
    assert browser.get(f"api/kernels/{kernel_id}").status_code == 404


def test_a_page_left_while_its_line_opens_leaves_no_trace_in_the_log_and_the_kernel_as_it_was(shown):
    place, browser, page = shown
    kernel_id = kernel_of(page)
    where = httpx.URL(place.address)
    asked = [
        f"GET {where.path}api/kernels/{kernel_id}/channels?session_id={{n}} HTTP/1.1",
        f"Host: {where.host}:{where.port}",
        f"Origin: {browser.origin}",
        f"Cookie: {browser.cookie}",
        *("Upgrade: websocket", "Connection: Upgrade"),
        *("Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="),
    ]
    for n in range(40):
        with socket.create_connection((where.host, where.port)) as line:
            line.sendall("\r\n".join([*asked, "", ""]).format(n=n).encode())
            time.sleep(n % 10 * 0.002)
    with channels(place, browser, kernel_id) as line:
        line.send(message("kernel_info_request"))
        while json.loads(line.recv(timeout=60))["msg_type"] != "kernel_info_reply":
            """It is still there, and answers."""
    said = place.log.read_text()
    assert "Traceback" not in said, said
    assert " ERROR " not in said, said


@pytest.mark.parametrize(
    "name", ["LFR_MASTER_KEY", "LFR_STORE__URL", "PGPASSWORD", "JUPYTER_TOKEN", "my_password", "X_SECRET_Y"]
)
def test_what_is_secret_is_not_told_to_kernels(name):
    assert kernel_environment({name: "x", "PATH": "/bin", "LANG": "C"}) == {"PATH": "/bin", "LANG": "C"}


def test_kernel_that_is_slow_to_answer_puts_no_script_into_the_page(shown):
    """Voila keeps a page alive by scripts, which our policy lets no browser run: each would be an error in it."""
    place, browser, _ = shown
    known, parts, stopped = {each.pid for each in processes(place)}, [], None
    with browser.client.stream("GET", f"{place.address}voila/render/live.ipynb", timeout=120) as answer:
        for part in answer.iter_text():
            parts.append(part)
            fresh = [each for each in processes(place) if each.pid not in known]
            if stopped is None and fresh:
                stopped = fresh[0]
                stopped.suspend()
                threading.Timer(12, stopped.resume).start()
    assert stopped is not None
    assert "voila_heartbeat" not in "".join(parts)
