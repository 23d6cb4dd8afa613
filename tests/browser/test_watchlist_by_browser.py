"""The watchlist desk in a browser."""

import io
import json

import pytest
from painted_photos import photo
from PIL import Image

from browser.playing import Building
from browser.visiting import expect


@pytest.fixture(scope="module")
def building(site):
    """A list that is still being built, with an entry in each state of its review."""
    return Building(site.store)


def entries(visitor, site, building):
    found = visitor.context.request.get(
        f"{site.address}lfr/api/watchlists/{building.watchlist_id}", headers={"X-LFR-Reason": "to compare"}
    )
    return {each["name"]: each for each in json.loads(found.text())["entries"]}


def opened(visitor, building):
    """The desk, once its visitor has said why they look."""
    visitor.expected = ("400",)
    page = visitor.open("watchlist", "dialog[open]", deployment=building.deployment_id)
    visitor.shoot("watchlist-why")
    page.fill("dialog textarea", "to build and review the list of Saturday")
    page.click("dialog button[type=submit]")
    page.wait_for_selector("tr[data-entry]")
    return page


def large_picture() -> bytes:
    """A PNG of more than 12 MB, in which the scripted detector finds a face."""
    encoded = io.BytesIO()
    Image.fromarray(photo(side=2080)).save(encoded, "PNG", compress_level=0)
    return encoded.getvalue()


def test_reviewer_reviews_what_was_seen_with_two_statements(visitors, site, building):
    visitor = visitors("reviewer")
    page = opened(visitor, building)
    expect(page.locator(".entries tbody tr")).to_have_count(3)
    expect(page.locator("img.thumb[src^='blob:']")).to_have_count(3)
    visitor.shoot("watchlist")
    page.click("#filter-pending_review")
    expect(page.locator(".entries tbody tr")).to_have_count(1)
    page.fill("input[type=search]", "nobody of that name")
    page.wait_for_selector("text=No entry fits")
    visitor.shoot("watchlist-none")
    page.fill("input[type=search]", "")
    page.wait_for_selector("tr[data-entry]")
    page.click("tr[data-entry] input")
    page.click("[data-step=review]")
    areas = page.query_selector_all("dialog textarea")
    areas[0].fill("sought by the court since March, warrant 26/114")
    areas[1].fill("too short")
    page.click("dialog button[type=submit]")
    assert page.query_selector("dialog[open]"), "a statement that says nothing is not sent"
    areas[1].fill("one hour at one gate where he was seen before")
    page.click("dialog button[type=submit]")
    page.wait_for_selector("text=Review: 1 entry done")
    assert entries(visitor, site, building)["Sought Person 0"]["reviewed_by"] == "reviewer"
    assert visitor.fits()


def test_light_is_known_while_the_reason_is_still_asked_for(visitors, runner, site):
    visitor = visitors("manager")
    visitor.expected = ("400",)
    page = visitor.open("watchlist", "dialog[open]", deployment=site.deployment_id)
    expect(page.locator("#light")).to_have_text("Lit", timeout=60_000)


def test_nothing_is_shown_to_who_gives_no_reason(visitors, site, building):
    visitor = visitors("reviewer")
    visitor.expected = ("400",)
    page = visitor.open("watchlist", "dialog[open]", deployment=building.deployment_id)
    page.keyboard.press("Escape")
    page.wait_for_selector("text=Nothing is shown to whoever gives no reason")
    page.click("button:has-text('Try again')")
    page.wait_for_selector("dialog[open]")


def small_picture(seed: int) -> dict[str, object]:
    encoded = io.BytesIO()
    Image.fromarray(photo(seed)).save(encoded, "PNG")
    return {"name": "small.png", "mimeType": "image/png", "buffer": encoded.getvalue()}


def fill_in(page, **texts: str) -> None:
    for label, value in texts.items():
        page.get_by_label(label.replace("_", " "), exact=True).fill(value)


def test_picture_is_added_though_words_were_missing_and_the_server_had_let_it_go(visitors, site, building):
    visitor = visitors("manager")
    page = opened(visitor, building)
    visitor.expected = ("400", "404")
    page.click("#add-people")
    asked = []
    page.on("request", lambda request: asked.append((request.method, request.url)))
    page.set_input_files("#choose-pictures", small_picture(41))
    page.wait_for_selector("text=Uploaded. Say who it is")
    fill_in(page, Reference="PNC/41", Name="Late Person", Picture_taken_on="2026-01-05", Expires_on="2020-01-01")
    page.get_by_label("Response").select_option("amber")
    page.click("button:has-text('Add to the list')")
    expect(page.get_by_label("Category")).to_be_focused()
    page.get_by_label("Category").select_option("wanted_by_courts")
    page.click("button:has-text('Add to the list')")
    expect(page.get_by_label("Why these people")).to_be_focused()
    fill_in(page, Why_these_people="warrant 26/141 of the county court")
    page.click("button:has-text('Add to the list')")
    expect(page.get_by_label("Expires on")).to_be_focused()
    assert not [each for each in asked if each[1].endswith("/finish")]
    fill_in(page, Expires_on="")
    (first,) = [url.partition("?")[0] for method, url in asked if method == "PUT"]
    page.evaluate(
        "(url) => fetch(url, { method: 'DELETE', headers: "
        "{ 'X-XSRFToken': decodeURIComponent(document.cookie.match(/_xsrf=([^;]*)/)[1]) } })",
        first,
    )
    page.click("button:has-text('Add to the list')")
    page.wait_for_selector(".upload-tile .notice", timeout=60_000)
    assert "On the list" in page.inner_text(".upload-tile .notice")
    assert len([each for each in asked if each[0] == "PUT"]) == 2
    page.get_by_role("button", name="Close").click()
    page.set_input_files("#choose-pictures", small_picture(42))
    page.wait_for_selector("text=Uploaded. Say who it is")
    with page.expect_response(lambda answer: answer.request.method == "DELETE") as let_go:
        page.get_by_role("button", name="Remove").click()
    assert let_go.value.status == 200


def test_upload_that_breaks_off_goes_on_where_it_was_and_anew_where_the_server_forgot_it(visitors, site, building):
    visitor = visitors("manager")
    page = opened(visitor, building)
    visitor.expected = ("400", "404", "net::ERR_CONNECTION_RESET")
    page.click("#add-people")
    content, sent, lost = large_picture(), [], []
    n_chunks = -(-len(content) // (1 << 20))

    def put(route):
        offset = int(route.request.url.partition("offset=")[2])
        if offset == 5 << 20 and len(lost) < 4:  # as often as the page tries
            lost.append(offset)
            route.abort("connectionreset")
            return
        sent.append(offset >> 20)
        route.continue_()

    visitor.context.route("**/lfr/api/uploads/*offset=*", put)
    page.set_input_files("#choose-pictures", {"name": "large.png", "mimeType": "image/png", "buffer": content})
    page.wait_for_selector("text=Not uploaded: The server cannot be reached", timeout=20_000)
    visitor.shoot("watchlist-broken-off")
    page.click("button:has-text('Go on uploading')")
    page.wait_for_selector("text=Uploaded. Say who it is", timeout=20_000)
    assert sent == list(range(n_chunks)), "nothing twice, nothing left out"
    page.get_by_role("button", name="Remove").click()

    sent.clear()
    forgotten = []

    def forget(route):
        if not forgotten and route.request.url.endswith(f"offset={3 << 20}"):
            token = page.evaluate("decodeURIComponent(document.cookie.match(/_xsrf=([^;]*)/)[1])")
            own = route.request.url.partition("?")[0]
            forgotten.append(visitor.context.request.delete(own, headers={"X-XSRFToken": token}).status)
        put(route)

    visitor.context.route("**/lfr/api/uploads/*offset=*", forget)
    page.set_input_files("#choose-pictures", {"name": "large.png", "mimeType": "image/png", "buffer": content})
    page.wait_for_selector("text=Uploaded. Say who it is", timeout=20_000)
    assert forgotten == [200]
    assert sent == [*range(4), *range(n_chunks)]
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.reload(wait_until="commit")
    assert asked == ["beforeunload"]


def test_manager_uploads_12_mb_and_is_told_what_came_of_it(visitors, site, building):
    visitor = visitors("manager")
    page = opened(visitor, building)
    page.click("#add-people")
    content = large_picture()
    assert len(content) > 12_000_000
    chunks = []
    page.on("request", lambda request: chunks.append(request.url) if request.method == "PUT" else None)
    page.set_input_files("#choose-pictures", {"name": "large.png", "mimeType": "image/png", "buffer": content})
    page.wait_for_selector("text=Uploaded. Say who it is", timeout=20_000)
    assert len(chunks) == -(-len(content) // (1 << 20))
    visitor.shoot("watchlist-uploaded")
    dropped = page.evaluate_handle(
        "() => { const d = new DataTransfer(); d.items.add(new File(['no picture'], 'b.png')); return d; }"
    )
    page.dispatch_event(".drop", "drop", {"dataTransfer": dropped})
    second = page.locator(".upload-tile", has_text="b.png")
    expect(second).to_contain_text("Uploaded. Say who it is")
    second.get_by_role("button", name="Remove").click()
    why = page.get_by_label("Under 18: why on the list all the same")
    page.get_by_label("Date of birth", exact=True).fill("2015-01-05")
    expect(why).to_be_visible()
    page.get_by_label("Date of birth", exact=True).fill("1990-01-05")
    expect(why).to_be_hidden()
    for label, value in {"Category": "wanted_by_courts", "Response": "amber"}.items():
        page.get_by_label(label).select_option(value)
    for label, value in {
        "Why it is lawfully held": "custody record",
        "Source of the pictures": "custody",
        "Why these people": "warrant 26/115 of the county court",
        "Reference": "PNC/77",
        "Name": "Uploaded Person",
        "Picture taken on": "2026-01-05",
        "Date of birth": "1990-01-05",
    }.items():
        page.get_by_label(label, exact=True).fill(value)
    page.click("button:has-text('Add to the list')")
    page.wait_for_selector(".upload-tile .notice", timeout=60_000)
    visitor.shoot("watchlist-added")
    told = page.inner_text(".upload-tile .notice")
    assert "On the list: waits for review" in told
    assert entries(visitor, site, building)["Uploaded Person"]["created_by"] == "manager"
    page.click("#look-alikes")
    page.wait_for_selector("[aria-label=Look-alikes] h3")
    visitor.shoot("watchlist-alike")
