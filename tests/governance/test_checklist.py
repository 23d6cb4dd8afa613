"""What people tick off."""

from __future__ import annotations

from lfr_kit.governance.checklist import BEFORE_OPENING, ITEMS, ChecklistItem, ItemResult, Ticked, open_items


def ticked(*items: ChecklistItem, result: ItemResult = ItemResult.DONE) -> list[Ticked]:
    return [Ticked(item, result) for item in items]


def test_open_items_of_nothing_are_all_before_the_opening():
    assert open_items([]) == list(BEFORE_OPENING)


def test_open_items_last_word_counts():
    every = ticked(*BEFORE_OPENING)
    failed = ticked(ChecklistItem.BLUE_LIST_CHECK, result=ItemResult.FAILED)
    assert open_items(every) == []
    assert open_items([*every, *failed]) == [ChecklistItem.BLUE_LIST_CHECK]
    assert open_items([*failed, *every]) == []


def test_open_items_what_comes_after_the_end_is_not_waited_for():
    assert open_items(ticked(ChecklistItem.SIGNS_REMOVED)) == list(BEFORE_OPENING)


def test_every_item_says_what_is_vouched_for():
    assert list(ITEMS) == list(ChecklistItem)
    assert all(len(what) > 15 for what in ITEMS.values())
