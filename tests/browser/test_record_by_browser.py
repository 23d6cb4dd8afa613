"""The record in a browser."""

import json

from browser.playing import alert_of


def test_record_shows_both_denominators_plots_and_files(visitors, runner, site):
    alert_of(site, 2)
    visitor = visitors("silver")
    page = visitor.open("summary", ".rates .rate")
    rates = page.inner_text(".rates")
    assert "faces seen" in rates
    assert "alerts" in rates
    assert "%" not in page.inner_text(".rates .number")
    assert len(page.query_selector_all(".columns dt")) == 16
    assert len(page.query_selector_all(".plot")) == 7
    assert page.query_selector("svg[role=img][aria-labelledby]")
    sizes = page.wait_for_selector(".plot:has(h3:text-is('Face size')) table", state="attached").text_content()
    assert "36 to 54 px11" in sizes
    assert "54 to 81 px7" in sizes
    visitor.shoot("record")
    for form in ("csv", "json", "html"):
        with page.expect_download() as kept:
            page.click(f"a[href$='record.{form}']")
        assert kept.value.suggested_filename == f"record-{site.deployment_id}.{form}"
    page.click("text=As a table >> nth=0")
    assert page.query_selector(".plot table")
    assert visitor.fits()


def test_half_of_the_alerts_is_told_by_the_slowest_of_the_faster_half(visitors, runner, site):
    for n in (1, 2):
        alert_of(site, n)
    visitor = visitors("silver")

    def timed(route):
        answer = route.fetch()
        record = answer.json()
        first, second, *others = record["alerts"]
        for each, seconds in ((first, 12), (second, 50), *((one, None) for one in others)):
            each["decided_after_s"] = seconds
            each["acknowledged_after_s"] = seconds if each is second else None
        route.fulfill(response=answer, body=json.dumps(record))

    visitor.context.route(f"**/{site.deployment_id}/record", timed)
    page = visitor.open("summary", ".rates .rate")
    plots = page.inner_text(".plots")
    assert "2 alerts decided; half of them within 12 s." in plots
    assert "1 alert acknowledged, after 50 s." in plots
