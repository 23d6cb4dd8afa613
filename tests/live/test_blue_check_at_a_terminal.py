"""`lfr deployment blue-check` at a real terminal: Enter is pressed as each member of staff begins to walk."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import time
from contextlib import suppress
from signal import SIG_DFL, SIGINT, signal

import pytest
from disc_scene import BLUE, open_scene, street, template_of
from frozen_lists import MANAGER, move

from lfr_kit.governance.vocabulary import DeploymentState
from lfr_kit.operations import blue_list
from lfr_kit.records import Template
from lfr_kit.store.store import Store

pytestmark = pytest.mark.usefixtures("scripted_stages")
PATIENCE_S = 60.0


@pytest.fixture
def granted(cli, scripted_stages, tmp_path, monkeypatch):
    """D-1, granted, an officer there; before its camera Blue walks, who is staff. Its operator is signed in."""
    monkeypatch.setenv("LFR_LIVE__PRESENCE_LOST_AFTER_S", "600")
    cli("lfr_operator", "users", "who")
    with Store.open(cli.chosen) as store:
        open_scene(store, tmp_path / "footage", [street((80, 120, BLUE))] * 8)
        move(store, "D-1", DeploymentState.GRANTED)
        own = Template(vector=template_of(BLUE, tmp_path / "staff"), space_id="scripted:colour-grid-4.v1")
        for name in ("Blue", "[bold]Sky"):
            blue_list.enrol(store, MANAGER, "D-1", name, consent_ref="HR/26/7", template=own)


def _hears_interrupts() -> None:
    """Whoever started the tests in the background had them ignore it, and their children with them."""
    os.setsid()
    signal(SIGINT, SIG_DFL)


class Terminal:
    """A command in a terminal of its own: results on standard output, the rest on the screen."""

    def __init__(self, *words: str) -> None:
        self.ours, theirs = pty.openpty()
        command = [sys.executable, "-m", "lfr_kit.cli.main", *words]
        self.process = subprocess.Popen(
            command, stdin=theirs, stderr=theirs, stdout=subprocess.PIPE, text=True, preexec_fn=_hears_interrupts
        )
        os.close(theirs)
        self.screen = ""

    def read_until(self, text: str) -> None:
        """AssertionError, with the screen, if it does not come."""
        until = time.monotonic() + PATIENCE_S
        while text not in self.screen:
            ready, _, _ = select.select([self.ours], [], [], max(0.0, until - time.monotonic()))
            assert ready, self.screen
            try:
                self.screen += os.read(self.ours, 4096).decode(errors="replace")
            except OSError:  # the command has ended, and nobody holds the other side
                raise AssertionError(f"ended without {text!r}:\n{self.screen}") from None

    def press(self, keys: str) -> None:
        self.screen = ""
        os.write(self.ours, keys.encode())

    def end(self) -> tuple[int, str]:
        """Exit status, and what it printed."""
        try:
            out, _ = self.process.communicate(timeout=PATIENCE_S)
            with suppress(OSError):  # nobody holds the other side any more
                while read := os.read(self.ours, 4096):
                    self.screen += read.decode(errors="replace")
        finally:
            self.process.kill()
            self.process.communicate()
            os.close(self.ours)
        return self.process.returncode, out


def passes_in(cli) -> int:
    with Store.open(cli.chosen) as store:
        return blue_list.result(store, MANAGER, "D-1").hits.trials


def test_each_pass_waits_for_enter_and_its_result_is_told_before_the_next(cli, granted):
    terminal = Terminal("deployment", "blue-check", "D-1", "--pass", "Blue", "--pass", "[bold]Sky", "--json")
    terminal.read_until("Press Enter when Blue begins to walk: ")
    assert passes_in(cli) == 0, "nobody is looked for before"
    terminal.press("\n")
    terminal.read_until("Press Enter when [bold]Sky begins to walk: ")
    assert "Blue: found after" in terminal.screen or "Blue: not found" in terminal.screen
    assert passes_in(cli) == 1
    terminal.press("\n")
    terminal.read_until("[bold]Sky: ")
    status, out = terminal.end()
    told = json.loads(out)
    assert (status, told["is_passed"]) == (1, False), "two passes are too few"
    assert told["passes"] == 2


def test_a_name_nobody_has_is_told_before_anybody_walks(cli, granted):
    terminal = Terminal("deployment", "blue-check", "D-1", "--pass", "Blue", "--pass", "Bleu")
    terminal.read_until("nobody is called 'Bleu'")
    assert "Press Enter" not in terminal.screen
    assert terminal.end()[0] == 1
    assert passes_in(cli) == 0


def _interrupt(terminal: Terminal) -> None:
    """As people do, until it ends: one sent in the instant before a read begins is seen when that read ends."""
    for _ in range(int(PATIENCE_S)):
        terminal.process.send_signal(SIGINT)
        with suppress(subprocess.TimeoutExpired):
            terminal.process.wait(1.0)
            return


@pytest.mark.parametrize("leave", [lambda at: at.press("\x04"), _interrupt])
def test_leaving_at_the_prompt_records_no_pass(cli, granted, leave):
    terminal = Terminal("deployment", "blue-check", "D-1", "--pass", "Blue")
    terminal.read_until("begins to walk: ")
    leave(terminal)
    assert terminal.end()[0] not in (0, 2)
    assert "Traceback" not in terminal.screen
    assert passes_in(cli) == 0
