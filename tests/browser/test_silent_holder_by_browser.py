"""An alert in the hands of somebody who fell silent: the others see it, and take it over."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from governed import person

from browser.playing import alert_of
from browser.visiting import PHONE
from lfr_kit.governance.adjudication import DecisionReason, Verdict
from lfr_kit.governance.roles import Role
from lfr_kit.operations import presence
from lfr_kit.operations.alerts import acknowledge, decide, view
from lfr_kit.store.repository import presence as presence_rows

OFFICER = person(Role.ENGAGEMENT_OFFICER, name="officer")


def test_alert_of_an_officer_who_fell_silent_is_marked_and_taken_over_and_the_history_says_why(
    visitors, runner, site
):
    alert_id, operator = alert_of(site, 2), person(Role.LFR_OPERATOR, name="operator-2")
    view(site.store, operator, alert_id)
    decide(site.store, operator, alert_id, Verdict.VIABLE, DecisionReason.SAME_FEATURES)
    here = presence.check_in(site.store, OFFICER, site.deployment_id, team="Alpha")
    acknowledge(site.store, OFFICER, alert_id)
    desk, phone = visitors("operator"), visitors("bronze", size=PHONE)
    queue = desk.open("alerts", f"#alert-{alert_id}", deployment=site.deployment_id)
    page = phone.open("officer", f"#officer-{alert_id}", deployment=site.deployment_id)
    assert "not heard of" not in page.inner_text(f"#officer-{alert_id}")

    silent = replace(here, seen_at=datetime.now(UTC) - timedelta(seconds=90))
    with site.store.engine.begin() as connection:
        key = site.store.vault.key(connection, "store")
        presence_rows.put(connection, key, site.deployment_id, silent)
    page.wait_for_selector(f"#officer-{alert_id} .overdue:has-text('officer (not heard of since')", timeout=10_000)
    queue.wait_for_selector(f"#alert-{alert_id} .overdue:has-text('officer (not heard of since')", timeout=10_000)
    desk.shoot("alerts-silent-holder")
    assert phone.fits()

    page.click(f"#officer-{alert_id}")
    page.wait_for_selector("#charge:has-text('not heard of since')")
    phone.shoot("officer-silent-holder")
    page.click("#take-over")
    page.wait_for_selector("#charge:has-text('in hand: you')")
    page.click("summary:has-text('What happened so far')")
    assert "bronze took it over from officer (not heard of since" in page.inner_text(".history")
    presence.check_out(site.store, OFFICER, site.deployment_id)
