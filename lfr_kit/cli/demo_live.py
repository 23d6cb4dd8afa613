"""`lfr demo --live`: the demo's deployment stays open, with its dashboards, until Ctrl-C."""

from __future__ import annotations

from collections.abc import Callable
from time import sleep
from typing import TYPE_CHECKING

from lfr_kit.cli.output import console, emit, progress, results
from lfr_kit.errors import OutputError

if TYPE_CHECKING:
    from lfr_kit.demo.live_demo import LiveDemo
    from lfr_kit.demo.out import DemoFolder

__all__ = ["show_live"]


def show_live(folder: DemoFolder, port: int, *, as_json: bool) -> None:
    """Draws the footage if it is not there yet, opens the deployment, and waits.

    Raises
    ------
    OutputError
        If a process does not come up, or ends by itself.
    """
    from lfr_kit.demo.live_demo import BEAT_EVERY_S, live_demo
    from lfr_kit.demo.live_footage import demo_cameras, n_frames, write_footage
    from lfr_kit.reports.footage_scan import interruptible

    footage = folder.path / "footage"
    with progress("drawing the footage", total=n_frames()) as bar:
        write_footage(footage, bar)
    told = console()
    with (
        interruptible() as switch,
        live_demo(
            folder, demo_cameras(footage), port=port, tell=lambda gate: told.print(f"{gate.title}: {gate.words}")
        ) as demo,
    ):
        _say(demo, as_json=as_json)
        while not switch.is_thrown and not demo.ended:
            demo.beat()
            _wait(BEAT_EVERY_S, lambda: switch.is_thrown)
        if demo.ended:
            raise OutputError(f"{demo.ended} ended by itself; what it said is above")


def _wait(seconds: float, is_over: Callable[[], bool]) -> None:
    for _ in range(round(seconds * 10)):
        if is_over():
            return
        sleep(0.1)


def _say(demo: LiveDemo, *, as_json: bool) -> None:
    from lfr_kit.demo.live_demo import SIGN_INS

    if as_json:
        people = {each.user_id: each.what_for for each in SIGN_INS}
        emit(
            {
                "address": demo.address,
                "deployment_id": demo.deployment_id,
                "password": demo.password,
                "people": people,
            }
        )
        return
    from rich.table import Table

    out = results()
    out.print(f"\nDashboards of {demo.deployment_id}: [bold]{demo.address}[/]", highlight=False, soft_wrap=True)
    table = Table("sign in as", "to look at", title=f"Password of all of them, for this run: {demo.password}")
    for each in SIGN_INS:
        table.add_row(each.user_id, each.what_for)
    out.print(table)
    out.print("Ctrl-C ends it. The street is generated; the people on it are public-domain portraits.")
