"""Signing in and out, and who finds which dashboards."""

import re

import pytest


def test_visitor_without_session_is_sent_to_sign_in_and_back(visitors):
    visitor = visitors()
    page = visitor.page
    page.goto(f"{visitor.site.address}voila/render/live.ipynb", wait_until="commit")
    page.wait_for_selector("input[name=password]")
    visitor.shoot("sign-in")
    page.fill("input[name=user]", "operator")
    page.fill("input[name=password]", "not the password")
    page.press("input[name=password]", "Enter")
    page.wait_for_selector("text=wrong name or password")
    visitor.expected = ("401",)
    page.fill("input[name=password]", "correct horse battery staple")
    page.press("input[name=password]", "Enter")
    page.wait_for_selector(".lfr-live .camera", timeout=30_000)
    assert page.url.endswith("/voila/render/live.ipynb")
    assert "Operator" in page.inner_text("#who-name")
    page.click("#sign-out")
    page.wait_for_selector("input[name=password]")
    page.goto(f"{visitor.site.address}lfr/api/me")
    assert "not signed in" in page.content()


@pytest.mark.parametrize(
    ("user", "dashboard", "offered"),
    [
        ("boss", "live", ["evaluation"]),
        ("analyst", "alerts", ["live", "summary", "evaluation"]),
        ("operator", "watchlist", ["live", "alerts", "summary"]),
    ],
)
def test_dashboard_of_another_role_is_refused_and_not_offered(visitors, user, dashboard, offered):
    visitor = visitors(user)
    address = visitor.site.address
    refused = visitor.context.request.get(f"{address}voila/render/{dashboard}.ipynb")
    assert refused.status == 403
    assert "your roles do not open this dashboard" in refused.text()
    assert f"You are signed in as {user} (" in refused.text()
    page = visitor.page
    page.goto(address)
    links = page.eval_on_selector_all("a[href*='voila/render/']", "all => all.map(each => each.href)")
    assert {re.search(r"(\w+)\.ipynb", link)[1] for link in links} == set(offered)
    visitor.shoot(f"dashboards-of-{user}")
