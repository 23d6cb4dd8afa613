"""What people see when the server goes away, and when it is there again."""

import re
import signal

from browser.playing import alert_of
from browser.visiting import PHONE, expect
from lfr_kit.store.repository.users import delete_sessions

LOST = (
    "ERR_CONNECTION_REFUSED",
    "WebSocket",
    "Failed to fetch",
    "ERR_CONNECTION_RESET",
    "ERR_EMPTY_RESPONSE",
    "/api/kernels/",
)


def test_page_that_is_open_comes_back_after_the_server_was_killed(visitors, runner, site):
    live, phone = visitors("silver"), visitors("officer", size=PHONE)
    page = live.open("live", ".camera .light.good")
    there = phone.open("officer", ".lfr-officer form")
    for each in (live, phone):
        each.expected = LOST
    expect(page.locator(".camera .veil[hidden]")).to_have_count(2)
    port = re.search(r":(\d+)/", site.address)[1]
    site.stop(signal.SIGKILL)
    page.wait_for_selector("text=No connection to the server", timeout=5_000)
    page.wait_for_selector(".camera .veil:not([hidden]) >> text=No new picture")
    there.wait_for_selector(".headline .light.bad")
    assert page.inner_text("#light") == "Not known: no connection"
    assert page.inner_text(".camera >> nth=0 >> .light") == "Not known"
    live.shoot("live-lost")
    phone.shoot("officer-lost")
    site.start("--port", port)
    page.wait_for_selector(".banner .notice", state="detached", timeout=30_000)
    expect(page.locator(".camera .veil[hidden]")).to_have_count(2, timeout=20_000)
    alert_of(site, 2)
    page.wait_for_selector(".strip:not([hidden])", timeout=6_000)
    there.wait_for_selector(".headline .light.good", timeout=20_000)
    live.shoot("live-back")


def test_session_that_ended_elsewhere_is_told_and_shows_nothing_more(visitors, runner, site):
    visitor = visitors("bronze")
    visitor.expected = ("401", "WebSocket")
    page = visitor.open("live", ".camera .light.good")
    page.click("#sign-out")
    page.wait_for_selector("input[name=password]")
    page.go_back(wait_until="commit")
    page.wait_for_selector("input[name=password]")


def test_session_that_ends_in_another_tab_takes_people_and_pictures_off_the_page(visitors, runner, site):
    visitor = visitors("operator")
    visitor.expected = ("401", "WebSocket", "/api/kernels/")
    page = visitor.open("alerts", ".lfr-alerts .queue")
    page.click(f"#alert-{alert_of(site, 2)}", timeout=10_000)
    expect(page.locator(".pair img").first).to_be_visible()
    page.keyboard.press("v")
    other = visitor.context.new_page()
    other.goto(site.address)
    other.click("text=Sign out")
    other.wait_for_selector("input[name=password]")
    page.wait_for_selector("text=Your session has ended")
    expect(page.locator(".lfr .content")).to_be_empty()
    assert page.inner_text("#light") == "Not known: signed out"
    visitor.shoot("alerts-signed-out")
    page.click("text=Sign in again")
    page.wait_for_selector("input[name=password]")
    assert "alerts.ipynb" in page.url


def test_session_that_ended_while_the_line_was_lost_is_told(visitors, runner, site):
    visitor = visitors("gold")
    visitor.expected = (*LOST, "401")
    page = visitor.open("live", ".camera .light.good")
    port = re.search(r":(\d+)/", site.address)[1]
    site.stop(signal.SIGKILL)
    page.wait_for_selector("text=No connection to the server")
    with site.store.engine.begin() as connection:
        delete_sessions(connection, user_id="gold")
    site.start("--port", port)
    page.wait_for_selector("text=Your session has ended", timeout=40_000)
    expect(page.locator(".lfr .content")).to_be_empty()


def test_page_that_does_not_open_is_opened_anew_once_and_then_says_so(visitors, site):
    visitor = visitors("silver")
    visitor.expected = ("voila.js", "ERR_FAILED")
    page = visitor.page
    asked: list[str] = []
    page.on("framenavigated", lambda frame: asked.append(frame.url))
    page.clock.install()
    page.route(re.compile("/voila.js"), lambda route: route.abort())
    page.goto(f"{site.address}voila/render/live.ipynb", wait_until="domcontentloaded")
    page.clock.fast_forward(31_000)
    page.wait_for_timeout(3_000)
    page.wait_for_load_state("domcontentloaded")
    page.clock.fast_forward(31_000)
    page.wait_for_selector("#waiting:has-text('longer than it should')")
    assert len(asked) == 2
