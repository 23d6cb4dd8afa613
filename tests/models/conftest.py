"""A models folder of its own for every test, cards made up for it, and a server that breaks off when told to."""

from __future__ import annotations

import hashlib
import random
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from lfr_kit.config import settings
from lfr_kit.models import ModelCard, catalogue, digest

CONTENT = random.Random(1).randbytes(300_000)
"""What every made-up file holds."""


@pytest.fixture(autouse=True)
def models_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "models"
    monkeypatch.setenv("LFR_MODELS_DIR", str(folder))
    monkeypatch.setattr(digest, "_stamps", {})
    settings.cache_clear()
    yield folder
    settings.cache_clear()


@pytest.fixture
def content() -> bytes:
    return CONTENT


@pytest.fixture
def add_card(monkeypatch: pytest.MonkeyPatch) -> Callable[..., ModelCard]:
    """Makes a card for `CONTENT` and lists it."""

    def add(name: str = "made_up", **changes: object) -> ModelCard:
        fields: dict[str, object] = {
            "task": "detection",
            "what": "made up",
            "file_name": f"{name}.bin",
            "size_bytes": len(CONTENT),
            "sha256": hashlib.sha256(CONTENT).hexdigest(),
            "licence": "none",
            "origin": "this test",
            "sources": (),
        }
        made = ModelCard(name=name, **{**fields, **changes})  # type: ignore[arg-type]
        monkeypatch.setitem(catalogue._BY_NAME, name, made)
        return made

    return add


class Server:
    """Serves `CONTENT` at any path, on this machine only.

    `cut_after`: bytes after which each of the first `n_cuts` connections breaks.
    """

    def __init__(self) -> None:
        self.content, self.tag = CONTENT, '"v1"'
        self.cut_after, self.n_cuts, self.status = 0, 0, 200
        self.supports_range = True
        self.pause = threading.Event()
        self.pause.set()
        self.ranges: list[str | None] = []
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._http.server_port}/file.bin"

    def close(self) -> None:
        self.pause.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def _handler(server) -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        return Handler

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        asked = request.headers.get("Range")
        self.ranges.append(asked)
        if self.status != 200:
            request.send_error(self.status)
            return
        start = 0
        if asked and self.supports_range and request.headers.get("If-Range") == self.tag:
            found = re.fullmatch(r"bytes=(\d+)-", asked)
            assert found is not None, asked
            start = int(found[1])
            if start >= len(self.content):
                request.send_error(416)
                return
        body = self.content[start:]
        request.send_response(206 if start else 200)
        if start:
            request.send_header("Content-Range", f"bytes {start}-{len(self.content) - 1}/{len(self.content)}")
        request.send_header("ETag", self.tag)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        if self.n_cuts > 0:
            self.n_cuts -= 1
            body = body[: self.cut_after]
        half = len(body) // 2
        request.wfile.write(body[:half])
        request.wfile.flush()
        self.pause.wait(30)
        request.wfile.write(body[half:])


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    made = Server()
    yield made
    made.close()
