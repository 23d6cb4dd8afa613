"""The demo as a deployment that stays open: recordings for cameras, a runner, dashboards, people to sign in as.

Everything is real but the street: the runner and the server are the processes that `lfr run` and `lfr dashboard`
start, on a store of their own in the demo's folder. An officer who is nobody stands on the ground, so that the
cameras are lit until somebody checks in as the other. A second deployment is planned for afterwards: its list is
still being built.
"""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from lfr_kit.demo.plan import plan
from lfr_kit.demo.story import DemoClock, Gate, Story
from lfr_kit.errors import OutputError, StateError
from lfr_kit.governance.shipped_calibrations import SHIPPED_CALIBRATIONS
from lfr_kit.operations import deployments, presence, watchlists
from lfr_kit.operations.sessions import new_session
from lfr_kit.operations.terminal import keep_token

if TYPE_CHECKING:
    from lfr_kit.demo.out import DemoFolder
    from lfr_kit.governance.camera import Camera
    from lfr_kit.store.store import Store

__all__ = ["BEAT_EVERY_S", "SIGN_INS", "LiveDemo", "SignIn", "live_demo"]

HOURS = 8.0
BEAT_EVERY_S = 5.0
_NEXT_LIST = 10
"""How many people the list of the next deployment is to hold."""
_STOP_WITHIN_S = 20.0


@dataclass(frozen=True)
class SignIn:
    """Somebody whom a visitor may sign in as.

    Attributes
    ----------
    what_for
        What to look at as them.
    """

    user_id: str
    what_for: str


SIGN_INS = (
    SignIn("demo-operator", "cameras, alerts: decides on them"),
    SignIn("demo-operator-2", "a second operator, in another browser"),
    SignIn("demo-engager", "on a phone: meets the person, records the outcome"),
    SignIn("demo-planner", "Silver: pauses, resumes, closes; the record"),
    SignIn("demo-lister", "the watchlists: withdrawal; pictures, on the list of the next deployment"),
    SignIn("demo-reviewer", "the watchlists: reviews entries"),
)


@dataclass
class LiveDemo:
    """An open deployment, and what runs it.

    Attributes
    ----------
    deployment_id, password
        Of the deployment, and the one password of all its people, made for this run.
    address
        Of the dashboards.
    camera_ids
        Its cameras.
    runner, server
        The processes of `lfr run` and `lfr dashboard`.
    """

    deployment_id: str
    password: str
    address: str
    camera_ids: tuple[str, ...]
    runner: subprocess.Popen[str] = field(repr=False)
    server: subprocess.Popen[str] = field(repr=False)
    _store: Store = field(repr=False)
    _story: Story = field(repr=False)

    @property
    def operator(self) -> tuple[str, str]:
        """Name and password of somebody who decides on alerts."""
        return self._story.people.operator.user_id, self.password

    def beat(self) -> None:
        """The officer on the ground gives a sign of life. Call it every few seconds.

        Visitors may close the deployment, and sign in as that officer and leave: then there is nothing to say.
        """
        with suppress(StateError):
            presence.heartbeat(self._store, self._story.people.bronze, self.deployment_id)

    @property
    def ended(self) -> str:
        """Which process failed; empty while none did. The runner's work is over when the deployment is."""
        if self.server.poll() is not None:
            return "the dashboards"
        return "the runner" if self.runner.poll() else ""


@contextmanager
def live_demo(
    folder: DemoFolder,
    cameras: tuple[Camera, ...],
    *,
    tell: Callable[[Gate], None],
    port: int = 0,
    environment: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[LiveDemo]:
    """Makes the deployment and starts its processes; ends them with the block.

    Parameters
    ----------
    folder
        Where the store and the key will lie.
    cameras
        Of the deployment.
    tell
        Called with each gate that is passed.
    port
        Of the dashboards; 0 = any that is free.
    environment
        Further settings of both processes.

    Raises
    ------
    OutputError
        If a process does not come up.
    """
    password = secrets.token_urlsafe(9)
    with ExitStack() as stack:
        store = stack.enter_context(folder.new_store(DemoClock()))
        story = Story(
            store,
            DemoClock(),
            folder.path / "photos",
            tell,
            lambda done: None,
            cameras=cameras,
            hours=HOURS,
            password=password,
        )
        _live_up_to_the_opening(story)
        told = {**_environment(folder.path, store, story), **environment}
        runner = stack.enter_context(_child(told, "run", story.deployment_id, "--json"))
        server = stack.enter_context(_child(told, "dashboard", "--port", str(port), "--json"))
        camera_ids = tuple(camera.camera_id for camera in cameras)
        yield LiveDemo(story.deployment_id, password, _address(server), camera_ids, runner, server, store, story)


def _live_up_to_the_opening(story: Story) -> None:
    story.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    story.people_and_authority()
    story.watchlist()
    presence.check_in(story.store, story.people.bronze, story.deployment_id, team="stand-in")
    story.opening()
    _plan_the_next(story)


def _plan_the_next(story: Story) -> None:
    """A deployment that begins after this one, drafted, with an empty list that visitors may fill."""
    begins = story.clock() + timedelta(hours=HOURS + 1)
    authority = plan(begins, SHIPPED_CALIBRATIONS[0], _NEXT_LIST, cameras=story.cameras, hours=HOURS)
    drafted = deployments.draft(story.store, story.people.planner, authority, reason="if they are not found today")
    watchlists.create(story.store, story.people.lister, drafted.deployment_id, justification="for the next one")


def _environment(folder: Path, store: Store, story: Story) -> dict[str, str]:
    """What both processes are told: the demo's store and the session of its operator; nothing else of LFR Kit."""
    session = folder / "keys" / "session"
    keep_token(session, new_session(store, story.people.operator.user_id))
    plain = {name: value for name, value in os.environ.items() if not name.startswith("LFR_STORE__")}
    return {
        **plain,
        "LFR_STORE__URL": store.chosen.url,
        "LFR_STORE__KEY_FILE": str(store.chosen.key_file.absolute()),
        "LFR_STORE__SESSION_FILE": str(session.absolute()),
        "LFR_STORE__SPOOL_DIR": str(store.chosen.spool_dir.absolute()),
        "LFR_LIVE__BUS_DIR": str((folder / "bus").absolute()),
    }


@contextmanager
def _child(environment: dict[str, str], *words: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "lfr_kit.cli.main", *words]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as child:
        try:
            yield child
        finally:
            child.send_signal(signal.SIGTERM)
            try:
                child.communicate(timeout=_STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                child.kill()


def _address(server: subprocess.Popen[str]) -> str:
    """Where the dashboards are, once they can be reached: the server prints it as JSON."""
    import json

    said, depth = "", 0
    assert server.stdout is not None
    for line in server.stdout:
        said += line
        depth += line.count("{") - line.count("}")
        if said.strip() and depth == 0:
            told = json.loads(said)
            if "address" not in told:
                why = told.get("error", {}).get("message", said.strip())
                raise OutputError(f"the dashboards did not come up: {why}")
            return str(told["address"])
    raise OutputError("the dashboards did not come up; see what is printed above, and try another --port")
