"""A browser of one's own, with a profile on the disk: what is left there, and what happens when it stops."""

from __future__ import annotations

import signal
import time
from contextlib import suppress

import psutil
import pytest

from browser.playing import alert_of, street
from lfr_kit.benchmarks.live_browser import FLAGS, PROGRAM

PARTS = 24
"""Bytes that are looked for: long enough to be nobody else's by chance."""


@pytest.fixture
def profile(tmp_path):
    return tmp_path / "profile"


@pytest.fixture
def window(chromium, profile, site):
    """A window of a browser whose profile lies on the disk; somebody signs in with it."""
    context = chromium.browser_type.launch_persistent_context(profile, executable_path=PROGRAM, args=FLAGS)
    client = site.browser("operator").client
    where = {"url": site.address}
    context.add_cookies(
        [{"name": each.name, "value": each.value.strip('"'), **where} for each in client.cookies.jar]
    )
    client.close()
    yield context.new_page()
    with suppress(Exception):
        context.close()


def holds(folder, parts):
    """Files below a folder in which any of these bytes stand."""
    found = []
    for file in folder.rglob("*"):
        with suppress(OSError):
            content = file.read_bytes() if file.is_file() else b""
            if any(part in content for part in parts):
                found.append(file.name)
    return found


def middle_of(content):
    return content[len(content) // 2 :][:PARTS]


def pictures_of(site, alert_id):
    """Both pictures of an alert, as they are sent, and the frames of the cameras."""
    client = site.browser("operator-2")
    assert client.get(f"lfr/api/alerts/{alert_id}").status_code == 200
    sent = [client.get(f"lfr/pictures/alerts/{alert_id}/{which}").content for which in ("probe", "reference")]
    return [*sent, *street()]


def test_no_picture_is_left_in_the_browsers_profile_nor_in_the_servers_log(window, profile, site, runner):
    alert_id = alert_of(site, 2)
    window.goto(f"{site.address}voila/render/alerts.ipynb", wait_until="commit")
    window.wait_for_selector(f"#alert-{alert_id}", timeout=60_000)
    window.click(f"#alert-{alert_id}")
    window.wait_for_selector(".pair img:not([hidden]) >> nth=1", timeout=60_000)
    window.goto(f"{site.address}voila/render/live.ipynb", wait_until="commit")
    window.wait_for_selector(".camera .light.good", timeout=60_000)
    window.wait_for_timeout(1_000)
    window.context.close()
    shown = [middle_of(each) for each in pictures_of(site, alert_id)]
    (profile / "control").write_bytes(b"before" + shown[0] + b"after")
    assert holds(profile, shown) == ["control"], "and nothing but what was put there to be found"
    assert not any(part in site.log.read_bytes() for part in shown)


def processes_of(profile):
    found = []
    for each in psutil.process_iter():
        with suppress(psutil.Error):
            if str(profile) in " ".join(each.cmdline()):
                found += [each, *each.children(recursive=True)]
    return {each.pid: each for each in found}.values()


def test_browser_that_is_stopped_costs_the_server_nothing_and_is_shown_the_present_at_once(
    window, profile, site, runner
):
    window.goto(f"{site.address}voila/render/live.ipynb", wait_until="commit")
    window.wait_for_selector(".camera .light.good", timeout=60_000)
    server = psutil.Process(site.process.pid)
    before, stopped = server.memory_info().rss, list(processes_of(profile))
    assert stopped
    for each in stopped:
        each.send_signal(signal.SIGSTOP)
    at = runner.n_frames
    runner.figures = {"faces_seen": 98_765}
    while runner.n_frames < at + 60:
        time.sleep(0.1)
    grown = server.memory_info().rss - before
    for each in stopped:
        each.send_signal(signal.SIGCONT)
    window.wait_for_selector("text=98,765", timeout=20_000)
    window.wait_for_selector(".camera .light.good")
    assert grown < 5e6, "sixty frames of two cameras are several megabytes"
