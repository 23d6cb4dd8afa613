"""An alert, from its raising to the record, as people at browsers see it."""

import json

from alerted import logged

from browser.playing import alert_of
from browser.visiting import PHONE

UNHEARD = "**/lfr/ws/events/**"


def states(visitor, site):
    found = visitor.context.request.get(
        f"{site.address}lfr/api/deployments/{site.deployment_id}/alerts?everything=1"
    )
    return {each["alert_id"]: each["state"] for each in json.loads(found.text())["alerts"]}


def record_row(visitor, site):
    found = visitor.context.request.get(f"{site.address}lfr/api/deployments/{site.deployment_id}/record")
    return json.loads(found.text())["row"]


def test_alert_raised_is_seen_decided_by_keys_engaged_on_a_phone_and_in_the_record(visitors, runner, site):
    desk, phone, record = visitors("operator"), visitors("officer", size=PHONE), visitors("silver")
    page = desk.open("alerts", ".queue")
    there = phone.open("officer", ".lfr-officer form")
    before = int(record_row(record, site)["True Alerts Confirmed"])
    desk.shoot("alerts-empty")
    phone.shoot("officer-out")

    there.fill("form input", "Alpha")
    there.select_option("form select", "north-1")
    there.click("button:has-text('Check in')")
    there.wait_for_selector("text=Check out")

    alert_id = alert_of(site, 2)
    page.wait_for_selector(f"#alert-{alert_id}", timeout=4_000)
    page.keyboard.press("n")
    page.wait_for_selector(".pair img:not([hidden]) >> nth=1")
    assert page.inner_text(".alert-top .badge.response") == "RED"
    assert "hidden until somebody has decided" in page.inner_text(".alert-side")
    assert "%" not in page.inner_text(".lfr-alerts")
    assert page.inner_text(".alert-top .left").endswith("left")
    desk.shoot("alerts-open")
    page.keyboard.press("+")
    transforms = page.eval_on_selector_all(".pair img", "all => all.map(each => each.style.transform)")
    assert transforms[0] == transforms[1] != ""
    page.keyboard.press("v")
    page.keyboard.press("1")
    desk.shoot("alerts-deciding")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Officers on the ground have it now")
    assert states(desk, site)[alert_id] == "viable"
    assert "Strangers who score as high" in page.inner_text(".alert-side")
    desk.shoot("alerts-decided")

    there.wait_for_selector(f"#officer-{alert_id}", timeout=4_000)
    assert "For your team" in there.inner_text("[aria-label=Alerts]")
    phone.shoot("officer-alert")
    there.click(f"#officer-{alert_id}")
    there.wait_for_selector(".pair img:not([hidden]) >> nth=1")
    there.click("#acknowledge")
    page.wait_for_selector("#hand-over:has-text('officer')", timeout=4_000)
    phone.shoot("officer-sheet")
    there.click("#offer-engage")
    there.click("label:has-text('Yes, re-checked now')")
    phone.shoot("officer-engage")
    there.click("button[type=submit]:has-text('Engage')")
    there.wait_for_selector("#offer-outcome")
    there.click("#offer-outcome")
    there.click("label:has-text('True alert, person identified')")
    there.click("label:has-text('No action')")
    there.select_option("form select", "document")
    there.click("button[type=submit]:has-text('Keep')")
    there.wait_for_selector("text=Outcome kept")
    assert states(desk, site)[alert_id] == "concluded"
    assert phone.fits()
    there.click("text=Check out")
    there.wait_for_selector("button:has-text('Check in')")

    assert int(record_row(record, site)["True Alerts Confirmed"]) == before + 1
    kept = [(row.action, row.actor_id) for row in logged(site.store) if alert_id in row.subject]
    for done in (("alert.adjudicate", "operator"), ("alert.engage", "officer"), ("alert.outcome", "officer")):
        assert done in kept


def test_two_operators_deciding_at_once_are_told_what_the_other_decided(visitors, runner, site):
    alert_id = alert_of(site, 1)
    first, second = visitors("operator"), visitors("operator-2")
    second.context.route_web_socket(UNHEARD, lambda line: None)  # it hears nothing of what the first does
    second.expected = ("409",)
    for each in (first, second):
        page = each.open("alerts", f"#alert-{alert_id}")
        page.click(f"#alert-{alert_id}")
        page.wait_for_selector("#offer-viable")
    first.page.click("#offer-viable")
    second.page.click("#offer-dismissed")
    first.page.keyboard.press("2")
    second.page.keyboard.press("1")
    first.page.keyboard.press("Enter")
    first.page.wait_for_selector("text=Officers on the ground have it now")
    second.page.keyboard.press("Enter")
    second.page.wait_for_selector("text=Somebody decided before you")
    told = second.page.inner_text(".notice.warn")
    assert "operator decided viable (same marks)" in told
    assert "kept as a late one" in told
    second.shoot("alerts-conflict")
    assert states(first, site)[alert_id] == "viable"
    second.page.click("text=What happened so far")
    assert "operator-2 decided too late" in second.page.inner_text(".history")


def test_operator_is_told_when_another_decides_the_alert_that_is_open(visitors, runner, site):
    alert_id = alert_of(site, 0)
    visitor = visitors("operator-2")
    page = visitor.open("alerts", f"#alert-{alert_id}")
    page.click(f"#alert-{alert_id}")
    page.wait_for_selector("#offer-viable")
    page.click("#hand-over")
    page.fill("dialog input >> nth=0", "operator")
    page.click("dialog button:has-text('Tell the others')")
    page.wait_for_selector("#hand-over:has-text('In hand: operator')")
    other = site.browser("operator")
    other.get(f"lfr/api/alerts/{alert_id}")
    decided = other.post(
        f"lfr/api/alerts/{alert_id}/decide", {"verdict": "dismissed", "reason": "different_person", "note": ""}
    )
    assert decided.status_code == 200
    page.wait_for_selector("text=Somebody was faster: operator decided dismissed", timeout=4_000)
    assert page.query_selector("#offer-viable") is None
    page.keyboard.press("?")
    page.wait_for_selector("dialog[open] >> text=Keys")
    visitor.shoot("alerts-keys")
