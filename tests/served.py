"""A dashboard server for tests: a store with people who have passwords, an open deployment, a runner's bus."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import httpx
from alerted import CAMERA, Opened

from lfr_kit.config import StoreSettings
from lfr_kit.governance.roles import Role
from lfr_kit.live.frame_bus import STATUS, BusPublisher, frames_of
from lfr_kit.operations.alerts import raise_alert
from lfr_kit.store.store import Store

PASSWORD = "correct horse battery staple"
JPEG = b"\xff\xd8" + b"a frame of nobody" * 3000 + b"\xff\xd9"
TOGETHER = {
    "boss": (Role.ADMINISTRATOR,),
    "operator": (Role.LFR_OPERATOR,),
    "operator-2": (Role.LFR_OPERATOR,),
    "officer": (Role.ENGAGEMENT_OFFICER,),
    "silver": (Role.SILVER,),
    "gold": (Role.GOLD,),
    "bronze": (Role.BRONZE,),
    "manager": (Role.WATCHLIST_MANAGER,),
    "reviewer": (Role.WATCHLIST_REVIEWER,),
    "analyst": (Role.ANALYST,),
    "auditor": (Role.AUDITOR,),
}
"""Everybody who can sign in, with `PASSWORD`."""


@cache
def password_hash(password: str = PASSWORD) -> str:
    from lfr_kit.operations.passwords import hash_password

    return hash_password(password)


def put_person(store: Store, name: str, *roles: Role, must_change: bool = False) -> None:
    """Somebody who signs in with `PASSWORD`."""
    from lfr_kit.store.repository.users import User, add_user

    who = User(
        user_id=name,
        roles=frozenset(roles),
        is_active=True,
        password_hash=password_hash(),
        failed_attempts=0,
        locked_until=None,
        must_change_password=must_change,
        created_at=store.clock(),
        sealed_name=None,
    )
    with store.engine.begin() as connection:
        add_user(connection, store.vault.key(connection, "store"), who, f"Sgt {name.capitalize()}")


@dataclass
class Browser:
    """Somebody at a browser: keeps cookies, sends the XSRF token, says where it comes from."""

    address: str
    client: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        each_its_own = httpx.Limits(max_keepalive_connections=0)
        self.client = httpx.Client(base_url=self.address, timeout=60, limits=each_its_own)

    @property
    def origin(self) -> str:
        return re.sub(r"(https?://[^/]+).*", r"\1", self.address)

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.client.get(path, **more)

    def post(self, path: str, body: dict[str, Any] | None = None, **more: Any) -> httpx.Response:
        headers = {"X-XSRFToken": self.xsrf, "Origin": self.origin, **more.pop("headers", {})}
        return self.client.post(path, json={} if body is None else body, headers=headers, **more)

    def put(self, path: str, content: bytes) -> httpx.Response:
        headers = {"X-XSRFToken": self.xsrf, "Origin": self.origin}
        return self.client.put(path, content=content, headers=headers)

    def form(self, path: str, **values: str) -> httpx.Response:
        """Posts a form of a page that is looked at first."""
        page = self.client.get(path)
        token = re.search(r'name="_xsrf" value="([^"]+)"', page.text)
        sent = {"_xsrf": token[1] if token else "", **values}
        return self.client.post(path, data=sent, headers={"Origin": self.origin})

    def post_form(self, path: str, **values: str) -> httpx.Response:
        """Posts a form of a page that was open already."""
        return self.client.post(path, data={"_xsrf": self.xsrf, **values}, headers={"Origin": self.origin})

    @property
    def xsrf(self) -> str:
        return self.client.cookies.get("_xsrf", "").strip('"')

    @property
    def cookie(self) -> str:
        """The header that a WebSocket sends."""
        return "; ".join(f"{name}={value}" for name, value in self.client.cookies.items())

    def sign_in(self, user: str, password: str = PASSWORD) -> httpx.Response:
        return self.form("lfr/sign-in", user=user, password=password, next=httpx.URL(self.address).path)


@dataclass
class Served:
    """A running server with its store."""

    folder: Path
    chosen: StoreSettings
    store: Store
    opened: Opened
    bus_dir: Path
    address: str = ""
    process: subprocess.Popen[str] | None = None
    log: Path = Path()

    @property
    def deployment_id(self) -> str:
        return self.opened.deployment_id

    def browser(self, user: str | None = None) -> Browser:
        """A new browser; somebody signs in with it."""
        made = Browser(self.address)
        if user is not None:
            answer = made.sign_in(user)
            assert answer.status_code == 302, (answer.status_code, answer.text)
        return made

    def alert(self, n: int = 0) -> str:
        """Somebody was seen: the id of an alert that is in the store."""
        return raise_alert(self.store, self.deployment_id, self.opened.alert(n))

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LFR_")}
        return {
            **kept,
            "LFR_STORE__URL": self.chosen.url,
            "LFR_STORE__KEY_FILE": str(self.chosen.key_file),
            "LFR_STORE__SPOOL_DIR": str(self.chosen.spool_dir),
            "LFR_LIVE__BUS_DIR": str(self.bus_dir),
            "LFR_TRIALS__RUNS_DIR": str(self.folder / "runs"),
            "LFR_DETECTOR__NAME": "scripted",
            "LFR_EMBEDDER__NAME": "scripted",
            "LFR_REFERENCE_GATE__NAME": "open",
        }

    def start(self, *words: str, **more: str) -> None:
        """Starts the server as `lfr dashboard` does; `more`: of its environment."""

        self.log = self.folder / "server.log"
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "lfr_kit.cli.main", "dashboard", "--port", "0", "--json", *words],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=self.environment() | more,
            )
        self.address = _said(self.process, self.log)["address"]

    def stop(self, how: int = signal.SIGTERM) -> None:
        """Ends it."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(60)
            if self.process.stdout is not None:
                self.process.stdout.close()


def _said(process: subprocess.Popen[str], log: Path) -> dict[str, Any]:
    text = ""
    assert process.stdout is not None
    while line := process.stdout.readline():
        text += line
        if line.rstrip() == "}":
            return json.loads(text)
    raise AssertionError(f"the server did not start:\n{log.read_text()}")


@contextmanager
def placed(founded: Path, folder: Path) -> Iterator[Served]:
    """A store with people and an open deployment, and no server yet. `founded`: a store to be copied."""
    for name in ("keys", "store"):
        shutil.copytree(founded / name, folder / name)
    chosen = StoreSettings(
        url=f"sqlite:///{folder / 'store' / 'lfr.sqlite'}",
        key_file=folder / "keys" / "master.key",
        session_file=folder / "session",
        spool_dir=folder / "spool",
    )
    bus_dir = Path(tempfile.mkdtemp(prefix="lfr-bus-"))  # a socket's path is short
    try:
        with Store.open(chosen) as store:
            for name, roles in TOGETHER.items():
                put_person(store, name, *roles)
            yield Served(folder, chosen, store, Opened(store), bus_dir)
    finally:
        shutil.rmtree(bus_dir)


def status_of(served: Served, **changes: Any) -> dict[str, Any]:
    """Figures as a runner publishes them."""
    return {"deployment_id": served.deployment_id, "state": "open", "is_lit": True, "frames": 10, **changes}


def publish_frame(bus: BusPublisher, number: int, camera_id: str = CAMERA, body: bytes = JPEG) -> None:
    """A frame as a runner publishes it."""
    bus.publish(frames_of(camera_id), {"camera_id": camera_id, "frame_index": number, "boxes": []}, body)


def publish_status(bus: BusPublisher, served: Served, **changes: Any) -> None:
    bus.publish(STATUS, status_of(served, **changes))
