"""Signs and leaflets keep to their paper, whatever a plan may say of place, contact and complaints."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from lfr_kit.documents import pdf, public
from lfr_kit.documents.public import CATEGORY_WORDS, PublicFacts
from lfr_kit.governance.vocabulary import Category

USUAL = tuple(words for each, words in CATEGORY_WORDS.items() if each not in ("associate", "witness", "victim"))
FACTS = PublicFacts(
    deployment_id="D-0000000001",
    place="North entrance, The Green, Exampleton",
    starts_at=datetime(2026, 9, 23, 9, tzinfo=UTC),
    ends_at=datetime(2026, 9, 24, 2, tzinfo=UTC),
    why="We have information that people we are looking for are likely to come here.",
    sought=USUAL,
    alerts_kept="31 days",
    watchlist_kept="24 hours",
    contact="lfr@police.example, 101",
    complaint_route="police.example/complaints, or any police station",
)


def filled(n: int) -> dict[str, str]:
    """Place, contact and complaint route of `n` letters each; a plan takes 200."""
    text = ("Upper Station Approach and Wexcombe Market Square, " * 5)[:n]
    return {"place": text, "contact": text, "complaint_route": text}


RECORDED = {"footage_kept": "31 days"}
LENGTHS = [
    {},
    filled(60),
    filled(61),
    filled(120),
    filled(121),
    filled(200),
    RECORDED,
    RECORDED | filled(120),
    RECORDED | filled(200),
]


def said(changes: dict[str, str]) -> str:
    return f"{len(changes.get('place', ''))}{' recorded' * ('footage_kept' in changes)}"


def pages(html: str):
    return pdf._weasyprint().HTML(string=html).render().pages


@pytest.mark.parametrize("paper", ["A4", "A3"])
@pytest.mark.parametrize("changes", LENGTHS, ids=said)
def test_sign_is_one_page_and_no_words_lie_over_others(paper, changes):
    (page,) = pages(public.poster(replace(FACTS, **changes), paper))
    boxes = [box for box in page._page_box.descendants() if getattr(box, "element_tag", None) in ("li", "footer")]
    (foot,) = [box for box in boxes if box.element_tag == "footer"]
    lowest = max(box.position_y + box.margin_height() for box in boxes if box.element_tag == "li")
    assert lowest <= foot.position_y
    assert foot.position_y + foot.margin_height() <= page.height


@pytest.mark.parametrize("sought", [USUAL, tuple(CATEGORY_WORDS.values())], ids=["usual", "all"])
@pytest.mark.parametrize("changes", LENGTHS, ids=said)
def test_leaflet_is_two_pages(changes, sought):
    assert len(sought) in (5, len(Category))
    assert len(pages(public.leaflet(replace(FACTS, sought=sought, **changes)))) == 2
