"""An alert, from its raising to the record, as people at browsers see it."""

import json
import signal
from datetime import UTC, datetime, timedelta

from alerted import logged
from governed import person
from sqlalchemy import update

from browser.playing import alert_of, pictured
from browser.visiting import PHONE
from lfr_kit.governance.adjudication import DecisionReason, Verdict
from lfr_kit.governance.roles import Role
from lfr_kit.operations.alerts import acknowledge, decide, view
from lfr_kit.store.tables.alerts import alert_events

UNHEARD = "**/lfr/ws/events/**"


def states(visitor, site):
    found = visitor.context.request.get(
        f"{site.address}lfr/api/deployments/{site.deployment_id}/alerts?everything=1"
    )
    return {each["alert_id"]: each["state"] for each in json.loads(found.text())["alerts"]}


def viable_alert(site, n):
    """One that an operator has found viable."""
    alert_id, operator = alert_of(site, n), person(Role.LFR_OPERATOR, name="operator-2")
    view(site.store, operator, alert_id)
    decide(site.store, operator, alert_id, Verdict.VIABLE, DecisionReason.SAME_FEATURES)
    return alert_id


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
    assert "Goes to team Alpha" in page.inner_text("#charge")
    pictured(site, alert_id, 2, 84.0, 91.0)
    page.wait_for_selector(".shots .shot >> nth=2", timeout=4_000)
    assert "quality 91" in page.inner_text(".shots .shot >> nth=2")
    page.keyboard.press("s")
    page.wait_for_selector(".shots .shot[aria-pressed=true]:has-text('quality 84')")
    page.wait_for_selector(".pair figure >> nth=0 >> text=quality 84")
    desk.shoot("alerts-open")
    page.keyboard.press("+")
    transforms = page.eval_on_selector_all(".pair img", "all => all.map(each => each.style.transform)")
    assert transforms[0] == transforms[1] != ""
    page.keyboard.press("v")
    page.keyboard.press("1")
    desk.shoot("alerts-deciding")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=It goes to the officers on the ground now")
    assert states(desk, site)[alert_id] == "viable"
    assert "Strangers who score as high" in page.inner_text(".alert-side")
    desk.shoot("alerts-decided")

    there.wait_for_selector(f"#officer-{alert_id}", timeout=4_000)
    assert "For your team" in there.inner_text("[aria-label=Alerts]")
    phone.shoot("officer-alert")
    there.click(f"#officer-{alert_id}")
    there.wait_for_selector(".pair img:not([hidden]) >> nth=1")
    there.wait_for_selector(".shots .shot >> nth=2")
    assert "nobody has it in hand" in there.inner_text("#charge")
    phone.shoot("officer-sheet")
    there.click("#acknowledge")
    page.wait_for_selector("#hand-over:has-text('In hand: officer')", timeout=4_000)
    there.wait_for_selector("#charge:has-text('in hand: you since')")
    phone.shoot("officer-acknowledged")
    page.click(".history summary")
    assert "officer has it in hand after" in page.inner_text(".history")
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
    first.page.wait_for_selector("text=It goes to the officers on the ground now")
    second.page.keyboard.press("Enter")
    second.page.wait_for_selector("text=Somebody decided before you")
    told = second.page.inner_text(".notice.warn")
    assert "operator decided viable (same marks)" in told
    assert "kept as a late one" in told
    second.shoot("alerts-conflict")
    assert states(first, site)[alert_id] == "viable"
    second.page.click("text=What happened so far")
    assert "operator-2 decided too late" in second.page.inner_text(".history")


def test_alert_is_handed_over_and_back_and_a_killed_server_forgets_nothing(visitors, runner, site):
    """Two who want it at once: one has it, the other is told, takes it over, and gives it back."""
    alert_id = viable_alert(site, 2)
    officer, bronze = visitors("officer", size=PHONE), visitors("bronze", size=PHONE)
    bronze.context.route_web_socket(UNHEARD, lambda line: None)  # it hears nothing of what the other does
    for each in (officer, bronze):
        each.expected = ("409", "ERR_CONNECTION_REFUSED", "WebSocket connection", "/api/kernels/", "net::")
        page = each.open("officer", f"#officer-{alert_id}")
        page.click(f"#officer-{alert_id}")
        page.wait_for_selector("#acknowledge")
    officer.page.click("#acknowledge")
    officer.page.wait_for_selector("#hand-over")
    bronze.page.click("#acknowledge")
    bronze.page.wait_for_selector("text=officer was faster, and has it since")
    bronze.shoot("officer-conflict")
    bronze.page.wait_for_selector("#take-over:has-text('officer')")
    bronze.page.click("#take-over")
    bronze.page.wait_for_selector("#charge:has-text('in hand: you')")
    officer.page.wait_for_selector("#take-over:has-text('bronze')", timeout=6_000)

    bronze.page.click("#hand-over")
    bronze.page.fill("dialog input >> nth=0", "officer")
    bronze.page.fill("dialog input >> nth=1", "he walks your way")
    bronze.shoot("officer-hand-over")
    bronze.page.click("dialog button:has-text('Hand over')")
    officer.page.wait_for_selector("#charge:has-text('handed to you at')", timeout=6_000)
    officer.shoot("officer-handed")

    port = site.address.split(":")[2].split("/")[0]
    site.stop(signal.SIGKILL)
    site.start("--port", port)
    officer.page.click("#acknowledge")
    officer.page.wait_for_selector("#charge:has-text('in hand: you')", timeout=30_000)
    officer.page.wait_for_selector(".history:has-text('handed it to officer')", state="attached")
    officer.page.click(".history summary")
    told = officer.page.inner_text(".history")
    assert "bronze handed it to officer" in told
    assert "he walks your way" in told


def test_red_alert_that_nobody_acknowledges_is_overdue_for_everybody(visitors, runner, site):
    alert_id = viable_alert(site, 2)
    with site.store.engine.begin() as connection:
        own = (alert_events.c.alert_id == alert_id) & (alert_events.c.kind == "decided")
        long_ago = datetime.now(UTC) - timedelta(seconds=75)
        connection.execute(update(alert_events).where(own).values(at=long_ago))
    desk, phone = visitors("operator-2"), visitors("officer", size=PHONE)
    page = desk.open("alerts", f"#alert-{alert_id}")
    assert "overdue by" in page.inner_text(f"#alert-{alert_id}")
    there = phone.open("officer", f"#officer-{alert_id}")
    assert "overdue by" in there.inner_text(f"#officer-{alert_id}")
    desk.shoot("alerts-overdue")
    phone.shoot("officer-overdue")
    assert phone.fits()
    acknowledge(site.store, person(Role.ENGAGEMENT_OFFICER, name="officer"), alert_id)
    page.wait_for_selector(f"#alert-{alert_id} >> text=in hand: officer", timeout=6_000)
    assert "overdue" not in page.inner_text(f"#alert-{alert_id}")


def test_operator_is_told_when_another_decides_the_alert_that_is_open(visitors, runner, site):
    alert_id = alert_of(site, 0)
    visitor = visitors("operator-2")
    page = visitor.open("alerts", f"#alert-{alert_id}")
    page.click(f"#alert-{alert_id}")
    page.wait_for_selector("#offer-viable")
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
