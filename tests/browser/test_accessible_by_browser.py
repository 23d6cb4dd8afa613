"""Every dashboard held against WCAG 2.2 AA by axe-core, and by hand what it cannot see."""

import pytest

from browser import axe
from browser.playing import alert_of
from browser.visiting import DESK, PHONE

PAGES = {
    "live": ("silver", ".camera .light.good", DESK),
    "alerts": ("operator", ".queue-item", DESK),
    "officer": ("officer", ".lfr-officer form", PHONE),
    "watchlist": ("reviewer", "dialog[open]", DESK),
    "summary": ("silver", "[data-status=drawn] .rates .rate", DESK),
    "evaluation": ("silver", ".plot img", DESK),
}


@pytest.fixture(scope="module")
def needs_axe():
    try:
        axe.script()
    except axe.NoAxeError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("dashboard", PAGES)
def test_dashboard_breaks_no_rule_of_axe_core(dashboard, needs_axe, visitors, runner, site):
    if dashboard == "alerts":
        alert_of(site, 1)
    user, ready, size = PAGES[dashboard]
    visitor = visitors(user, size=size)
    page = visitor.open(dashboard, ready, deployment=site.deployment_id)
    assert visitor.fits()
    if dashboard != "watchlist":
        page.evaluate("document.activeElement.blur(); window.scrollTo(0, 0)")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the dashboard"
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('#dashboard') !== null")
    found = axe.violations(page)
    if dashboard == "watchlist":
        page.fill("dialog textarea", "to look at it with axe-core")
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_selector("tr[data-entry]")
        visitor.expected = ("400",)
        found += axe.violations(page)
    if dashboard == "alerts":
        page.keyboard.press("n")
        page.wait_for_selector("#offer-viable")
        found += axe.violations(page)
    assert not found, "\n".join(found)


def test_sign_in_page_breaks_no_rule_of_axe_core(needs_axe, visitors, site):
    page = visitors().page
    page.goto(f"{site.address}lfr/sign-in")
    found = axe.violations(page)
    assert not found, "\n".join(found)
