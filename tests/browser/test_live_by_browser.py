"""The live view in a browser."""

import pytest

from browser.playing import alert_of
from browser.visiting import expect


@pytest.fixture
def live(visitors, runner):
    visitor = visitors("silver")
    visitor.open("live", ".camera .light.good")
    return visitor


def test_live_view_shows_pictures_figures_and_health_in_words(live, runner):
    page = live.page
    expect(page.locator(".camera .veil[hidden]")).to_have_count(2)
    assert page.inner_text(".camera >> nth=0 >> .light") == "Live"
    assert "1 of 1,604" in page.inner_text("[aria-label='False alert rate']")
    assert "1 in 288 to 1 in 63,355" in page.inner_text("[aria-label='False alert rate']")
    assert "Faces are small" in page.inner_text(".camera >> nth=1")
    assert "Alpha" in page.inner_text("[aria-label='Officers on the ground']")
    assert page.inner_text("#light") == "Lit"
    middle = page.eval_on_selector(
        "canvas", "each => [each.width, each.getContext('2d').getImageData(480, 270, 1, 1).data[0] > 40]"
    )
    assert middle == [960, True]
    assert live.fits()
    live.shoot("live")


def test_live_view_dark_or_without_runner_covers_the_old_picture(live, runner):
    page = live.page
    expect(page.locator(".camera .veil[hidden]")).to_have_count(2)
    runner.figures = {"is_lit": False, "why_dark": "no officer is checked in"}
    page.wait_for_selector(".camera .veil:not([hidden]) >> text=no officer is checked in")
    assert page.inner_text("#light") == "Dark: no officer is checked in"
    assert page.inner_text(".camera >> nth=0 >> .light") == "Dark"
    live.shoot("live-dark")
    runner.stop()
    page.wait_for_selector("text=The runner is not there", timeout=10_000)
    live.shoot("live-no-runner")


def test_live_view_pause_and_resume_take_a_reason(live, runner, site):
    page = live.page
    page.click("#step-pause")
    page.wait_for_selector("dialog[open]")
    live.shoot("live-pause")
    page.click("dialog button:has-text('Pause')")
    assert page.query_selector("dialog[open]"), "a step without a reason is not taken"
    page.fill("dialog textarea", "the signs must be put right")
    page.click("dialog button:has-text('Pause')")
    runner.figures = {"state": "paused", "is_lit": False, "why_dark": "paused"}
    page.wait_for_selector("#step-resume")
    assert page.inner_text("#state") == "Paused"
    from lfr_kit.governance.vocabulary import DeploymentState

    site.opened.move(DeploymentState.OPEN)
    runner.figures = {}
    page.wait_for_selector("#step-pause")


def test_live_view_new_alert_is_told_within_a_second(live, runner, site):
    page = live.page
    page.wait_for_selector(".camera .light.good")
    alert_id = alert_of(site, 2)
    runner.boxes = [{"alert_id": alert_id, "box": [0.4, 0.3, 0.5, 0.5]}]
    runner.alerts_changed()
    page.wait_for_selector(".strip:not([hidden]) .badge.red", timeout=3_000)
    live.shoot("live-alert")


def test_live_view_of_who_may_not_see_pictures_says_so_and_asks_for_none(visitors, runner):
    visitor = visitors("reviewer")
    asked = []
    visitor.page.on("websocket", lambda line: asked.append(line.url))
    page = visitor.open("live", ".camera .light.good")
    veil = page.locator(".camera .veil").first
    expect(veil).to_have_text("Your roles do not open the pictures, only the figures")
    assert page.locator("#sound, .enlarge").count() == 0
    visitor.shoot("live-figures-only")
    assert not [each for each in asked if "/ws/frames/" in each]


def test_live_view_without_runner_shows_who_is_on_the_ground_all_the_same(visitors, site):
    officer, path = site.browser("officer"), f"lfr/api/deployments/{site.deployment_id}/presence"
    assert officer.post(f"{path}/check-in", {"team": "Bravo", "camera_id": "north-2"}).status_code == 200
    page = visitors("silver").open("live", "text=The runner is not there")
    ground = page.locator("[aria-label='Officers on the ground']")
    expect(ground).to_contain_text("1 checked in")
    expect(ground).to_contain_text("Bravo at north-2")
    assert officer.post(f"{path}/check-out").status_code == 200
    expect(ground).to_contain_text("Nobody: cameras stay dark", timeout=15_000)
