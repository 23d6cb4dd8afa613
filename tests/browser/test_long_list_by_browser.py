"""A list longer than a page: paging, filters, search, and the review of one entry after the other by keys."""

import io
from dataclasses import replace

import pytest
from frozen_lists import add_many, new_list, picture, planned, somebody
from PIL import Image

from browser.visiting import expect, wait_until
from lfr_kit.store.repository import watchlists as rows
from lfr_kit.store.repository.deployments import link_watchlist

N = 130
DEPLOYMENT = "D-0000000130"


def jpeg(n):
    encoded = io.BytesIO()
    Image.new("RGB", (120, 160), (n % 256, 90, 140)).save(encoded, "JPEG")
    return encoded.getvalue()


@pytest.fixture(scope="module")
def long_list(site):
    """A list of N people to be reviewed; every tenth of another category, the first two with one picture."""
    planned(site.store, DEPLOYMENT)
    made = new_list(site.store, DEPLOYMENT)
    people = [
        replace(
            somebody(n, name=f"Sought No{n:03d}", **({} if n % 10 else {"date_of_birth": None})),
            pictures=[picture(n, jpeg=jpeg(n), quality=float(n % 97))],
        )
        for n in range(N)
    ]
    add_many(site.store, made, people)
    with site.store.engine.begin() as connection:
        link_watchlist(connection, DEPLOYMENT, made.watchlist_id)
    return made.watchlist_id


def opened(visitor):
    visitor.expected = ("400",)
    page = visitor.open("watchlist", "dialog[open]", deployment=DEPLOYMENT)
    page.fill("dialog textarea", "to review the list of Saturday")
    page.press("dialog textarea", "Control+Enter")
    page.wait_for_selector("tr[data-entry]")
    return page


def reviewed_by(site, watchlist_id):
    with site.store.reading() as connection:
        return [one for one in rows.entries_of(connection, watchlist_id) if one.reviewed_by]


def test_pages_filters_order_and_search_of_a_long_list(visitors, site, long_list):
    page = opened(visitors("reviewer"))
    table, pager = page.locator("tr[data-entry]"), page.locator("nav.pager").first
    expect(table).to_have_count(50)
    expect(pager).to_contain_text(f"1 to 50 of {N}")
    pager.get_by_role("button", name="Last").click()
    expect(pager).to_contain_text(f"101 to {N} of {N}")
    expect(table).to_have_count(30)
    page.click("#order-name")
    expect(pager).to_contain_text("1 to 50")
    expect(table.first).to_contain_text("Sought No000")
    page.click("#order-name")
    expect(table.first).to_contain_text(f"Sought No{N - 1:03d}")
    page.fill("input[type=search]", "no077")
    expect(table).to_have_count(1)
    expect(table.first).to_contain_text("PNC/00077")
    page.click("#filter-clear")
    expect(table).to_have_count(50)
    visitors.made[-1].shoot("watchlist-long")
    assert visitors.made[-1].fits()


def test_pictures_that_come_when_their_rows_are_gone_are_let_go(visitors, site, long_list):
    page, held = opened(visitors("reviewer")), []
    pager = page.locator("nav.pager").first
    page.route("**/pictures/entries/**", lambda route: held.append(route))
    pager.get_by_role("button", name="Last").click()
    expect(page.locator("tr[data-entry]")).to_have_count(30)
    wait_until(lambda: page.wait_for_timeout(50) or len(held) > 3)
    pager.get_by_role("button", name="First").click()
    expect(page.locator("tr[data-entry]")).to_have_count(50)
    while held:
        held.pop().continue_()
        page.wait_for_timeout(10)
    page.unroute("**/pictures/entries/**")
    page.wait_for_selector("img.thumb[src^='blob:']")
    page.wait_for_timeout(500)  # whoever asks for what was let go says so on the console, which must stay silent


def test_pictures_of_rows_that_were_not_looked_at_cannot_be_approved(visitors, site, long_list):
    visitor = visitors("reviewer")
    page = opened(visitor)
    visitor.expected = ("400", "403")
    page.wait_for_selector("img.thumb[src^='blob:']")
    page.get_by_label("Select all on this page").check()
    page.click("[data-step=review]")
    for area in page.query_selector_all("dialog textarea"):
        area.fill("wanted on a warrant and expected at the station")
    page.click("dialog button[type=submit]")
    page.wait_for_selector("dialog >> text=look at each of its pictures first")
    assert reviewed_by(site, long_list) == []


def test_review_by_keys_one_entry_after_the_other(visitors, site, long_list):
    visitor = visitors("reviewer")
    page = opened(visitor)
    page.click("#order-name")
    expect(page.locator("tr[data-entry]").first).to_contain_text("Sought No000")
    page.click("#begin-review")
    expect(page.locator("#review-progress")).to_contain_text(f"0 of {N} decided")
    expect(page.locator("h3.name")).to_have_text("Sought No000")
    areas = page.locator(".review-body textarea")
    expect(areas.first).to_be_focused()
    areas.nth(0).fill("wanted on a warrant of the county court")
    areas.nth(1).fill("one gate, one hour, where he was seen before")
    yes = page.locator("#review-yes")
    expect(yes).to_be_enabled()
    visitor.shoot("watchlist-review")
    areas.nth(1).press("Escape")
    page.keyboard.press("a")
    expect(page.locator("h3.name")).to_have_text("Sought No001")
    page.keyboard.press("a")
    assert page.inner_text("h3.name") == "Sought No001", "nobody judges a face in no time"
    expect(yes).to_be_enabled()
    page.keyboard.press("a")
    expect(page.locator("h3.name")).to_have_text("Sought No002")
    page.keyboard.press("s")
    expect(page.locator("h3.name")).to_have_text("Sought No003")
    page.keyboard.press("q")
    page.fill("dialog textarea", "the picture is of poor quality, find another")
    page.press("dialog textarea", "Control+Enter")
    expect(page.locator("h3.name")).to_have_text("Sought No004")
    page.keyboard.press("r")
    page.fill("dialog textarea", "the warrant was withdrawn on Friday")
    page.press("dialog textarea", "Control+Enter")
    expect(page.locator("h3.name")).to_have_text("Sought No005")
    expect(page.locator("#review-progress")).to_contain_text(f"4 of {N} decided")
    page.keyboard.press("Escape")
    expect(page.locator("#filter-all")).to_contain_text(str(N))
    expect(page.locator("#begin-review")).to_contain_text(str(N - 4))
    with site.store.reading() as connection:
        key = site.store.vault.key(connection, rows.scope(long_list))
        by_name = {
            details.name: next(one for one in rows.entries_of(connection, long_list) if one.entry_id == entry_id)
            for entry_id, details in rows.all_details(connection, key, long_list).items()
        }
    decided = {name: str(one.status) for name, one in by_name.items() if one.status != "pending_review"}
    assert decided == {
        "Sought No000": "pending_second_approval",
        "Sought No001": "approved",
        "Sought No003": "quarantined",
        "Sought No004": "refused",
    }
    assert by_name["Sought No001"].reviewed_by == "reviewer"
