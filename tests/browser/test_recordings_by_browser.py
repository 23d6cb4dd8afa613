"""Footage watched and taken away in a browser. Referee: the video element, the downloaded archive, axe-core."""

from __future__ import annotations

import re
import zipfile

import pytest
from alerted import logged
from filmed import filmed, opened_to_record

from browser import axe
from browser.visiting import expect, wait_until

D = "D-0000000032"


@pytest.fixture(scope="module")
def segment(site) -> str:
    opened_to_record(site.store, D)
    return filmed(site.store, D).segment_id


def test_footage_is_watched_after_a_reason_by_keyboard_and_let_go(visitors, site, segment):
    visitor = visitors("silver")
    page = visitor.open("summary", f"#play-{segment}", deployment=D)
    assert "deleted on" in page.inner_text(".footage")
    assert re.search(r"\d{4}, \d\d:\d\d:\d\d", page.inner_text(f"tr[data-segment='{segment}']"))
    page.focus(f"#play-{segment}")
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog[open] textarea")
    page.keyboard.type("complaint 26/114")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog.screening video")
    screen = page.locator("dialog.screening video")
    wait_until(lambda: screen.evaluate("each => each.readyState") >= 2)
    video = page.evaluate(
        "(() => { const v = document.querySelector('dialog.screening video');"
        " return [v.videoWidth, v.videoHeight, v.duration, v.src.startsWith('blob:'), v.error]; })()"
    )
    assert video[:2] == [320, 240]
    assert video[2] == pytest.approx(5, abs=0.5)
    assert video[3:] == [True, None]
    page.evaluate("document.querySelector('dialog.screening video').currentTime = 3")
    wait_until(lambda: screen.evaluate("each => each.currentTime") >= 3)
    visitor.shoot("footage")
    last = logged(site.store, "recording.play")[-1]
    assert (last.actor_id, last.subject) == ("silver", f"recording:{segment}")
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog.screening", state="detached")
    assert visitor.fits()


def test_footage_is_exported_to_somebody_for_a_reason(visitors, site, segment, tmp_path):
    visitor = visitors("silver")
    page = visitor.open("summary", f"#play-{segment}", deployment=D)
    export = page.locator("#export-footage")
    expect(export).to_be_disabled()
    page.check(f"tr[data-segment='{segment}'] input")
    expect(export).to_have_text("Export 1 segment")
    export.click()
    page.fill("dialog[open] input", "Crown Prosecution Service")
    page.fill("dialog[open] textarea", "disclosure in case 26/14")
    with page.expect_download() as kept:
        page.click("dialog[open] button[type=submit]")
    kept.value.save_as(tmp_path / "taken.zip")
    with zipfile.ZipFile(tmp_path / "taken.zip") as archive:
        assert [name.partition(".")[2] for name in sorted(archive.namelist())] == ["mp4", "mp4.json"]
    assert logged(site.store, "recording.export")[-1].actor_id == "silver"


def test_who_may_not_watch_sees_what_there_is_and_no_button(visitors, site, segment):
    page = visitors("bronze").open("summary", f"tr[data-segment='{segment}']", deployment=D)
    assert page.query_selector(f"#play-{segment}") is None
    assert page.query_selector("#export-footage") is None


def test_page_of_a_deployment_without_recording_shows_no_such_section(visitors, runner, site):
    page = visitors("silver").open("summary", ".rates .rate", deployment=site.deployment_id)
    assert not page.is_visible(".footage")


def test_section_breaks_no_rule_of_axe_core(visitors, site, segment):
    try:
        axe.script()
    except axe.NoAxeError as error:
        pytest.skip(str(error))
    page = visitors("silver").open("summary", f"#play-{segment}", deployment=D)
    found = axe.violations(page)
    page.click(f"#play-{segment}")
    page.fill("dialog[open] textarea", "complaint")
    found += axe.violations(page)
    page.click("dialog[open] button[type=submit]")
    page.wait_for_selector("dialog.screening video")
    found += axe.violations(page)
    assert not found, "\n".join(found)


def test_camera_tile_says_that_it_is_recorded_or_why_it_is_not(visitors, runner, site):
    state = {"state": "recording", "why": "", "since": None, "frames": 3, "dropped": 0, "segments": 0}
    cameras = runner.status()["cameras"]
    runner.figures["cameras"] = [{**cameras[0], "recording": state}, {**cameras[1], "recording": None}]
    page = visitors("silver").open("live", ".camera .tape:not([hidden])", deployment=site.deployment_id)
    assert page.inner_text(".camera .tape:not([hidden])") == "Recording"
    assert len(page.query_selector_all(".camera .tape:not([hidden])")) == 1
    stopped = {**state, "state": "stopped", "why": "no room left on the disk"}
    runner.figures["cameras"] = [{**cameras[0], "recording": stopped}, {**cameras[1], "recording": None}]
    page.wait_for_selector("text=Recording stopped: no room left on the disk")
    assert page.inner_text(".camera .tape:not([hidden])") == "Recording stopped"
