"""The alert desk for who has no mouse: its sound, its keys, and an alert handed from one operator to another."""

import pytest

from browser.playing import alert_of
from browser.test_alerts_by_browser import viable_alert
from browser.visiting import PHONE, Visitors, expect, wait_until
from lfr_kit.benchmarks.live_browser import FLAGS, PROGRAM

WAITS_FOR_A_TOUCH = "--autoplay-policy=document-user-activation-required"

HEARD = """
window.tones = 0;
const begin = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (at) { window.tones += 1; return begin.call(this, at); };
"""


def heard(page) -> int:
    """How many tones the page has played."""
    return page.evaluate("window.tones")


@pytest.fixture
def wary(site, chromium):
    """Windows of a browser as people have it: silent until they touch the page."""
    browser = chromium.browser_type.launch(executable_path=PROGRAM, args=[*FLAGS, WAITS_FOR_A_TOUCH])
    made = Visitors(site, browser)
    yield made
    made.close()
    browser.close()


def opened_untouched(visitor, dashboard):
    """A page at which nothing was asked: to its browser, questions of playwright are a person's touch."""
    with visitor.page.expect_response("**/alerts?everything=*"):
        visitor.page.goto(f"{visitor.site.address}voila/render/{dashboard}.ipynb", wait_until="commit")
    return visitor.page


def test_sound_says_that_it_waits_for_a_touch_and_a_mute_holds_in_every_tab(wary, runner, site):
    visitor = wary("operator")
    visitor.context.add_init_script(HEARD)
    page = opened_untouched(visitor, "alerts")
    sound = page.locator("#sound")
    expect(sound).to_have_text("Sound: press to hear")
    visitor.shoot("alerts-sound-waits")
    page.click(".desk")
    expect(sound).to_have_text("Sound: on")
    assert heard(page) == 0
    alert_of(site, 2)
    runner.alerts_changed()
    wait_until(lambda: heard(page) > 0, 10)

    live = visitor.context.new_page()
    live.goto(f"{site.address}voila/render/live.ipynb", wait_until="commit")
    expect(live.locator("#sound")).to_contain_text("Sound: ", timeout=30_000)
    page.bring_to_front()
    page.keyboard.press("m")
    expect(sound).to_have_text("Sound: off")
    expect(live.locator("#sound")).to_have_text("Sound: off")
    before = heard(page)
    alert_id = alert_of(site, 1)
    page.wait_for_selector(f"#alert-{alert_id}", timeout=10_000)
    expect(page.locator("[aria-live]")).to_contain_text("new alert")
    assert heard(page) == before
    page.keyboard.press("m")
    expect(sound).to_have_text("Sound: on")
    wait_until(lambda: heard(page) > before, 5)


def test_phone_can_be_muted(wary, runner, site):
    phone = wary("officer", size=PHONE)
    page = opened_untouched(phone, "officer")
    expect(page.locator("#sound")).to_have_text("Sound: press to hear")
    page.tap("#sound")
    expect(page.locator("#sound")).to_have_text("Sound: on")
    page.tap("#sound")
    expect(page.locator("#sound")).to_have_text("Sound: off")
    phone.shoot("officer-muted")
    assert phone.fits()


def test_operator_hands_an_alert_to_another_who_is_told(visitors, runner, site):
    alert_id = alert_of(site, 2)
    first, second = visitors("operator"), visitors("operator-2")
    second.context.add_init_script(HEARD)
    page = first.open("alerts", f"#alert-{alert_id}")
    other = second.open("alerts", f"#alert-{alert_id}")
    other.click(".desk")
    page.click(f"#alert-{alert_id}")
    page.wait_for_selector("#hand-over:has-text('Take in hand')")
    page.keyboard.press("h")
    page.wait_for_selector("#charge:has-text('in hand: you')")
    page.keyboard.press("h")
    page.wait_for_selector("dialog[open] option[value='operator-2']", state="attached")
    page.keyboard.type("operator-2")
    assert page.input_value("dialog[open] input >> nth=0") == "operator-2"
    page.keyboard.press("Enter")
    page.wait_for_selector("#charge:has-text('handed to operator-2')")
    expect(other.locator("[aria-live]")).to_contain_text("1 alert handed to you, Red", timeout=10_000)
    wait_until(lambda: heard(other) > 0, 5)
    other.click(f"#alert-{alert_id}")
    other.wait_for_selector("#hand-over:has-text('Acknowledge')")
    second.shoot("alerts-handed")
    other.keyboard.press("h")
    other.wait_for_selector("#charge:has-text('in hand: you')")
    page.wait_for_selector("#hand-over:has-text('In hand: operator-2')", timeout=10_000)
    other.keyboard.press("d")
    other.keyboard.press("1")
    other.keyboard.press("Enter")
    page.wait_for_selector("text=operator-2 decided dismissed", timeout=10_000)
    assert "faster" not in page.inner_text("body")


def test_escape_leaves_a_decision_and_whoever_uses_keys_stays_where_they_were(visitors, runner, site):
    alert_id = alert_of(site, 2)
    page = visitors("operator").open("alerts", f"#alert-{alert_id}")
    page.focus(f"#alert-{alert_id}")
    page.keyboard.press("Enter")
    page.wait_for_selector("#offer-viable")
    for words in ("", "the nose is another"):
        page.keyboard.press("d")
        page.wait_for_selector(".decision form")
        if words:
            page.keyboard.press("1")
            page.keyboard.press("Tab")
            page.keyboard.type(words)
        page.keyboard.press("Escape")
        expect(page.locator("#offer-viable")).to_be_focused()
    page.keyboard.press("d")
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Dismissed.")
    expect(page.locator(".queue-item:focus, .pair:focus")).to_have_count(1)


def test_officer_at_the_desk_declines_by_the_key_that_the_button_names(visitors, runner, site):
    alert_id = viable_alert(site, 2)
    page = visitors("officer").open("alerts", f"#alert-{alert_id}")
    page.click(f"#alert-{alert_id}")
    key = page.inner_text("#offer-decline kbd")
    page.keyboard.press(key.lower())
    page.wait_for_selector(".decision form >> text=Why nobody speaks to the person")
