"""Evaluation in a browser: runs side by side, another budget, plots as images."""

from __future__ import annotations

import re

from evaluated_runs import made_figures

from browser.visiting import PHONE, expect, wait_until
from lfr_kit.governance.threshold_price import Question, price_of


def test_a_budget_shows_its_threshold_and_its_price(visitors, site):
    visitor = visitors("silver")
    page = visitor.open("evaluation", ".plot img")
    expect(page.locator("section[aria-label=Runs] tbody tr")).to_have_count(2)
    expect(page.locator("section[aria-label=Runs] tbody tr").first).to_contain_text("Cosine")
    page.fill("form.asked input >> nth=0", "60")
    page.fill("form.asked input >> nth=1", "5000")
    page.select_option("form.asked select", "1000")
    price = price_of(made_figures(0.9), Question(60, 1000, 5000))
    expect(page.locator(".price .number")).to_have_text(f"{price.threshold:.4f}")
    expect(page.locator(".price")).to_contain_text(f"at most {price.false_alerts_upper:.1f}")
    expect(page.locator(".price")).to_contain_text("threshold, cosine")
    assert "%" not in page.inner_text(".price .number")
    expect(page.locator(".plots:not(.stale) .plot img")).to_have_count(3)
    expect(page.locator(".plot img").nth(1)).to_have_attribute(
        "alt", re.compile(f"threshold {price.threshold:.3f}")
    )
    visitor.shoot("evaluation")
    assert visitor.fits()


def test_two_runs_stand_side_by_side_and_a_strict_budget_has_no_threshold(visitors, site):
    page = visitors("analyst").open("evaluation", ".plot img")
    page.check("section[aria-label=Runs] input >> nth=1")
    expect(page.locator(".price")).to_have_count(2)
    expect(page.locator(".price .number").first).to_have_text("No threshold")
    expect(page.locator(".price").first).to_contain_text("more passes would show more")
    page.uncheck("section[aria-label=Runs] input >> nth=0")
    page.uncheck("section[aria-label=Runs] input >> nth=1")
    expect(page.locator(".price")).to_have_count(0)


def test_plots_are_images_that_say_what_they_show(visitors, site):
    page = visitors("gold").open("evaluation", ".plot img")
    for image in page.query_selector_all(".plot img"):
        assert len(image.get_attribute("alt")) > 40
        wait_until(lambda shown=image: shown.evaluate("each => each.naturalWidth") > 100)
    assert not page.query_selector_all(".plot svg")
    page.click(".plot details >> nth=0")
    assert page.inner_text(".plot details p >> nth=0") == page.query_selector(".plot img").get_attribute("alt")


def test_calibrations_say_how_long_they_hold(visitors, site):
    page = visitors("auditor").open("evaluation", "section[aria-label=Calibrations] tbody tr")
    text = page.inner_text("section[aria-label=Calibrations]")
    assert "dlib_resnet" in text
    assert "until" in text


def test_an_administrator_without_deployments_sees_it_too(visitors, site):
    page = visitors("boss").open("evaluation", ".plot img")
    assert page.locator(".price").count() == 1


def test_an_operator_is_told_that_it_is_not_for_them(visitors, site):
    visitor = visitors("operator")
    visitor.expected = ("403",)
    page = visitor.page
    page.goto(f"{site.address}voila/render/evaluation.ipynb")
    assert "Your roles do not open this dashboard" in page.inner_text("body")


def test_on_a_telephone_nothing_is_scrolled_sideways(visitors, site):
    visitor = visitors("silver", size=PHONE)
    page = visitor.open("evaluation", ".plot img")
    assert visitor.fits()
    wait_until(lambda: page.query_selector(".plot img").evaluate("each => each.naturalWidth") > 0)
    ratio = page.query_selector(".plot img").evaluate("each => each.naturalWidth / each.naturalHeight")
    assert ratio < 1.5, "drawn wide, and shrunk until nobody can read it"
    visitor.shoot("evaluation-phone")
