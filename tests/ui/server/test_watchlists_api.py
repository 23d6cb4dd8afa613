"""A watchlist over the API, from the first picture to the freeze and a withdrawal."""

from __future__ import annotations

import io
from collections.abc import Iterable

import numpy as np
import psutil
import pytest
from alerted import logged
from frozen_lists import planned
from painted_photos import GOOD, SPACE, photo
from PIL import Image
from served import Browser

from lfr_kit.ui.server.uploads import CHUNK_BYTES

WHY = {"X-LFR-Reason": "review%20before%20the%20deployment"}
LONG = "wanted on a warrant and expected at the station"


def png(seed: int, side: int = 240) -> bytes:
    encoded = io.BytesIO()
    Image.fromarray(photo(seed, side=side)).save(encoded, "PNG")
    return encoded.getvalue()


def noisy_png(seed: int, side: int) -> bytes:
    """A large file: noise cannot be made small."""
    pixels = photo(seed, side=side)
    noise = np.random.default_rng(seed).integers(0, 24, pixels.shape, np.uint8)
    encoded = io.BytesIO()
    Image.fromarray(np.where(pixels > 230, pixels, pixels // 2 + noise)).save(encoded, "PNG", compress_level=1)
    return encoded.getvalue()


def upload(browser: Browser, watchlist_id: str, content: bytes, **cells: str):
    """Sends a picture in chunks and has it imported; the answer to the last request."""
    begun = browser.post(f"lfr/api/watchlists/{watchlist_id}/uploads", {"name": "a.png", "size": len(content)})
    assert begun.status_code == 201, begun.text
    path = f"lfr/api/uploads/{begun.json()['upload_id']}"
    for offset in range(0, len(content), CHUNK_BYTES):
        sent = browser.put(f"{path}?offset={offset}", content[offset : offset + CHUNK_BYTES])
        assert sent.json() == {"received": min(len(content), offset + CHUNK_BYTES)}
    return browser.post(f"{path}/finish", {"fields": GOOD | cells})


@pytest.fixture(scope="module")
def watchlist(served):
    """The id of an empty list for a planned deployment."""
    planned(served.store, "D-0000000200", space_id=SPACE)
    body = {"deployment_id": "D-0000000200", "reason": "for the fair"}
    answer = served.browser("manager").post("lfr/api/watchlists", body)
    assert answer.status_code == 201, answer.text
    return answer.json()["watchlist_id"]


def entries(browser: Browser, watchlist_id: str, query: str = "") -> list[dict]:
    answer = browser.get(f"lfr/api/watchlists/{watchlist_id}{query}", headers=WHY)
    assert answer.status_code == 200, answer.text
    return answer.json()["entries"]


def test_a_watchlist_is_built_reviewed_frozen_and_withdrawn_from(served, watchlist):
    manager, reviewer, silver = (served.browser(name) for name in ("manager", "reviewer", "silver"))
    path = f"lfr/api/watchlists/{watchlist}"

    for seed, ref in enumerate(("PNC/1", "PNC/2")):
        done = upload(manager, watchlist, png(seed), person_ref=ref, date_of_birth="1990-06-01").json()
        assert (done["state"], done["report"]["n_people"]) == ("done", {"accepted": 1})
    young = upload(
        manager, watchlist, png(7), person_ref="PNC/3", date_of_birth="2012-01-01", under_18_rationale=LONG
    )
    assert young.json()["report"]["n_people"] == {"accepted": 1}
    lacking = upload(manager, watchlist, png(8), person_ref="PNC/4", legal_basis="").json()["report"]
    assert lacking["people"][0]["reasons"] == ["legal_basis"]

    found = {one["person_ref"]: one for one in entries(reviewer, watchlist)}
    assert found["PNC/4"]["status"] == "quarantined"
    assert found["PNC/3"]["needs_second"]
    assert "sealed" not in str(found)
    first = found["PNC/1"]
    picture = f"lfr/pictures/entries/{first['entry_id']}/{first['pictures'][0]['picture_id']}"
    assert reviewer.get(picture).content.startswith(b"\xff\xd8")
    assert silver.get(picture).status_code == 403, "silver has not looked at the list"
    other = picture.rsplit("/", 1)[0] + "/" + found["PNC/2"]["pictures"][0]["picture_id"]
    assert reviewer.get(other).status_code == 404

    said = {"necessity": LONG, "proportionality": LONG}
    seen = {found[ref]["entry_id"]: found[ref]["version"] for ref in ("PNC/1", "PNC/2", "PNC/3")}
    unseen = reviewer.post(f"{path}/review", {"entries": seen, **said})
    assert (unseen.status_code, unseen.json()["error"]["kind"]) == (403, "WatchlistError"), "of one picture only"
    look_at(reviewer, found.values())
    reviewed = reviewer.post(f"{path}/review", {"entries": seen, **said}).json()["entries"]
    assert sorted(one["status"] for one in reviewed) == ["approved", "approved", "pending_second_approval"]
    stale = reviewer.post(f"{path}/review", {"entries": seen, **said})
    assert stale.status_code == 409
    (waiting,) = entries(silver, watchlist, "?status=pending_second_approval")
    second = {"entries": {waiting["entry_id"]: waiting["version"]}, "reason": LONG}
    assert silver.post(f"{path}/second", second).status_code == 403
    look_at(silver, [waiting])
    approved = silver.post(f"{path}/second", second)
    assert approved.json()["entries"][0]["status"] == "approved"

    frozen = manager.post(f"{path}/freeze", {"reason": "complete"}).json()
    assert frozen["n_entries"] == 3
    assert frozen["left_out"] == [{"entry_id": found["PNC/4"]["entry_id"], "reasons": ["legal_basis"]}]
    assert upload_begins(manager, watchlist) == 409
    gone = silver.post(f"{path}/withdraw", {"entries": [first["entry_id"]], "reason": LONG}).json()
    assert gone == {"revision": 1, "entries": [{"entry_id": first["entry_id"], "status": "withdrawn"}]}
    assert reviewer.get(picture).status_code == 404, "its pictures are deleted"


def look_at(browser: Browser, shown: Iterable[dict]) -> None:
    """Each picture of some entries."""
    for entry in shown:
        for picture in entry["pictures"]:
            got = browser.get(f"lfr/pictures/entries/{entry['entry_id']}/{picture['picture_id']}")
            assert got.status_code == 200


def upload_begins(browser: Browser, watchlist_id: str) -> int:
    answer = browser.post(f"lfr/api/watchlists/{watchlist_id}/uploads", {"name": "a.png", "size": 3})
    return answer.status_code


@pytest.fixture
def building(served):
    """The id of an empty list, for one test."""
    deployment_id = f"D-{served.store.clock():%M%S%f}"
    planned(served.store, deployment_id, space_id=SPACE)
    body = {"deployment_id": deployment_id, "reason": "for the fair"}
    return served.browser("manager").post("lfr/api/watchlists", body).json()["watchlist_id"]


def test_a_picture_of_12_megabytes_arrives_whole(served, building):
    content = noisy_png(3, 2800)
    assert len(content) > 12_000_000
    done = upload(served.browser("manager"), building, content, person_ref="PNC/9").json()
    assert done["report"]["n_pictures"] == {"enrolled": 1}


def test_what_is_said_of_a_person_is_checked_and_the_field_is_named(served, building):
    manager = served.browser("manager")
    wrong = upload(manager, building, png(1), person_ref="PNC/1", category="pirate")
    assert (wrong.status_code, "category" in wrong.json()["error"]["message"]) == (400, True)
    nobody = upload(manager, building, png(1), person_ref="")
    assert (nobody.status_code, "person_ref" in nobody.json()["error"]["message"]) == (400, True)
    unknown = upload(manager, building, png(1), person_ref="PNC/1", picture="../../etc/passwd")
    assert (unknown.status_code, "picture" in unknown.json()["error"]["message"]) == (400, True)
    no_picture = upload(manager, building, b"no picture", person_ref="PNC/1").json()["report"]
    assert no_picture["failed"][0]["reason"] == "unreadable"
    assert entries(manager, building) == []


def test_a_picture_that_was_refused_for_its_words_is_taken_with_better_ones(served, building):
    manager = served.browser("manager")
    content = png(1)
    begun = manager.post(f"lfr/api/watchlists/{building}/uploads", {"name": "a.png", "size": len(content)}).json()
    path = f"lfr/api/uploads/{begun['upload_id']}"
    manager.put(f"{path}?offset=0", content)
    unsaid = manager.post(f"{path}/finish", {"fields": GOOD | {"person_ref": "PNC/1", "rationale": ""}})
    message = unsaid.json()["error"]["message"]
    assert (unsaid.status_code, "say why" in message, "--" in message) == (400, True, False)
    assert manager.get(path).json()["error"]["message"] == message
    done = manager.post(f"{path}/finish", {"fields": GOOD | {"person_ref": "PNC/1"}}).json()
    assert (done["state"], done["error"], done["report"]["n_people"]) == ("done", None, {"accepted": 1})
    assert manager.post(f"{path}/finish", {"fields": GOOD}).status_code == 409


def test_a_picture_that_is_not_wanted_any_more_is_let_go(served, building):
    manager, other = served.browser("manager"), served.browser("manager")
    begun = manager.post(f"lfr/api/watchlists/{building}/uploads", {"name": "a.png", "size": 3}).json()
    path = f"lfr/api/uploads/{begun['upload_id']}"
    headers = {"X-XSRFToken": manager.xsrf, "Origin": manager.origin}
    assert other.client.delete(path, headers=headers | {"X-XSRFToken": other.xsrf}).status_code == 404
    assert manager.client.delete(path, headers={"Origin": manager.origin}).status_code == 403
    assert manager.client.delete(path, headers=headers).status_code == 200
    assert manager.put(f"{path}?offset=0", b"abc").status_code == 404


def test_the_same_picture_twice_is_once(served, building):
    manager = served.browser("manager")
    for expected in ({"accepted": 1}, {"unchanged": 1}):
        assert upload(manager, building, png(5), person_ref="PNC/5").json()["report"]["n_people"] == expected


def test_a_list_is_searched_filtered_and_shown_in_parts_each_look_logged(served, building):
    manager, reviewer = served.browser("manager"), served.browser("reviewer")
    for seed, name in enumerate(("Ada Lovelace", "Grace Hopper", "Ada Yonath")):
        upload(manager, building, png(20 + seed), person_ref=f"PNC/{seed}", name=name)
    assert [one["name"] for one in entries(reviewer, building, "?text=hopper")] == ["Grace Hopper"]
    assert len(entries(reviewer, building, "?text=ADA&status=pending_review,approved")) == 2
    assert entries(reviewer, building, "?status=approved") == []
    parts = [entries(reviewer, building, f"?first={n}&most=1")[0]["entry_id"] for n in range(3)]
    assert len(set(parts)) == 3
    assert entries(reviewer, building, "?order=name&down=1")[0]["name"] == "Grace Hopper"
    assert len(entries(reviewer, building, "?todo=review&category=suspect,wanted_by_courts")) == 3
    assert entries(manager, building, "?todo=review") == [], "nobody reviews what they entered"
    chosen = entries(reviewer, building, f"?entry={parts[2]},{parts[0]}")
    assert {one["entry_id"] for one in chosen} == {parts[0], parts[2]}
    for query in ("?status=nonsense", "?first=-1", "?most=x", "?order=age", "?todo=all", "?reason=a%25b"):
        assert reviewer.get(f"lfr/api/watchlists/{building}{query}", headers=WHY).status_code == 400
    looks = [row for row in logged(served.store, "watchlist.view") if row.subject == f"watchlist:{building}"]
    assert {row.actor_id for row in looks} >= {"reviewer"}


def test_a_look_at_a_list_takes_a_reason(served, building):
    manager = served.browser("manager")
    upload(manager, building, png(1), person_ref="PNC/1")
    answer = served.browser("reviewer").get(f"lfr/api/watchlists/{building}")
    assert (answer.status_code, answer.json()["error"]["kind"]) == (400, "JustificationError")


def test_an_upload_of_somebody_else_cannot_be_gone_on_with(served, building):
    manager, other = served.browser("manager"), served.browser("manager")
    begun = manager.post(f"lfr/api/watchlists/{building}/uploads", {"name": "a.png", "size": 3}).json()
    path = f"lfr/api/uploads/{begun['upload_id']}"
    assert other.put(f"{path}?offset=0", b"abc").status_code == 404
    assert other.get(path).status_code == 404
    assert served.browser("reviewer").put(f"{path}?offset=0", b"abc").status_code == 403
    assert manager.put(f"{path}?offset=0", b"a" * (CHUNK_BYTES + 2000)).status_code == 413
    assert manager.put(f"{path}?offset=-1", b"abc").status_code == 400
    assert manager.put(f"{path}?offset=0", b"abc").status_code == 200
    assert manager.get(path).json()["received"] == 3


def test_when_the_enrolling_process_is_killed_the_next_picture_has_another(served, building):
    manager = served.browser("manager")
    upload(manager, building, png(1), person_ref="PNC/1")
    children = psutil.Process(served.process.pid).children()
    workers = [child for child in children if "import_worker" in " ".join(child.cmdline())]
    assert len(workers) == 1, "it is used again"
    workers[0].kill()
    workers[0].wait()
    assert upload(manager, building, png(2), person_ref="PNC/2").json()["state"] == "done"


def test_pairs_that_look_alike_are_listed(served, building):
    manager, reviewer = served.browser("manager"), served.browser("reviewer")
    for ref in ("PNC/1", "PNC/2"):
        upload(manager, building, png(1), person_ref=ref)
    asked = reviewer.get(f"lfr/api/watchlists/{building}/pairs")
    assert asked.json()["error"]["kind"] == "JustificationError", "it tells names"
    found = reviewer.get(f"lfr/api/watchlists/{building}/pairs", headers=WHY).json()
    assert (found["n_pairs"], found["pairs"][0]["kind"]) == (1, "same_picture")
    assert {one["person_ref"] for one in found["entries"]} == {"PNC/1", "PNC/2"}
    look_at(reviewer, found["entries"])
    assert len(entries(reviewer, building, "?alike=1")) == 2
    listed = manager.get("lfr/api/watchlists").json()["watchlists"]
    assert building in {one["watchlist_id"] for one in listed}


def test_a_reviewer_sends_an_entry_back_and_its_manager_mends_it(served, building):
    manager, reviewer = served.browser("manager"), served.browser("reviewer")
    upload(manager, building, png(1), person_ref="PNC/1", name="Ada")
    (one,) = entries(reviewer, building)
    path = f"lfr/api/watchlists/{building}/send-back"
    answer = reviewer.post(path, {"entries": {one["entry_id"]: one["version"]}, "reason": LONG})
    assert answer.json()["entries"] == [{"entry_id": one["entry_id"], "status": "quarantined"}]
    (back,) = entries(manager, building, "?reason=sent_back")
    assert (back["reasons"], back["review"]["sent_back"]) == (["sent_back"], LONG)
    upload(manager, building, png(1), person_ref="PNC/1", name="Ada Lovelace")
    assert len(entries(reviewer, building, "?todo=review")) == 1
