"""The record in a browser."""

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
