"""A long list, found in: filters, orders, words, parts; each look logged with what was asked for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from frozen_lists import (
    MANAGER,
    OPERATOR,
    REVIEWER,
    SILVER,
    STATEMENT,
    WHY,
    add_many,
    approve,
    new_list,
    picture,
    planned,
    somebody,
    unit_vector,
    versions,
)

from lfr_kit.errors import JustificationError, NotInStoreError, PermissionRefusedError
from lfr_kit.governance.vocabulary import Category, EntryStatus, Response
from lfr_kit.operations.watchlist_pairs import find_pairs
from lfr_kit.operations.watchlist_review import review
from lfr_kit.operations.watchlist_search import Order, Wanted, search, show_pairs
from lfr_kit.store.repository import audit_reading, entry_search
from lfr_kit.store.repository.audit_reading import AuditQuestion

N = 230
"""People: two whole parts of 100, and one of 30."""


def made_up(n, soon):
    """Every seventh lacks a legal basis, every fifth is to be acted on at once, every tenth expires soon."""
    one = somebody(
        n,
        category=Category.MISSING_AT_INCREASED_RISK if n % 11 == 0 else Category.WANTED_BY_COURTS,
        name=f"Ángel No{n:03d}" if n % 2 else f"Bela No{n:03d}",
        legal_basis="" if n % 7 == 0 else "held under PACE after arrest",
    )
    return replace(
        one,
        response=Response.RED if n % 5 == 0 else Response.AMBER,
        expires_at=soon if n % 10 == 0 else None,
        pictures=[picture(n, quality=float(n % 97))],
    )


@pytest.fixture
def long_list(store):
    planned(store)
    watchlist = new_list(store)
    ids = add_many(store, watchlist, [made_up(n, store.clock() + timedelta(hours=30)) for n in range(N)])
    return watchlist.watchlist_id, {entry_id: n for n, entry_id in enumerate(ids)}


def numbers(store, long_list, *, who=REVIEWER, **wanted):
    """Which of the people are found, in order."""
    watchlist_id, number_of = long_list
    found = search(store, who, watchlist_id, Wanted(most=500, **wanted), justification=WHY)
    assert found.n_found == len(found.entries)
    return [number_of[one.entry.entry_id] for one in found.entries]


def looks(store):
    with store.reading() as connection:
        key = store.vault.key(connection, "audit")
        return [
            one.details for one in audit_reading.entries(connection, key, AuditQuestion(action="watchlist.view"))
        ]


def test_search_parts_of_a_long_list_are_everybody_once(store, long_list):
    for wanted in ({}, {"text": "PNC"}, {"order": Order.NAME}):
        parts = [
            search(store, REVIEWER, long_list[0], Wanted(first=first, **wanted), justification=WHY)
            for first in (0, 100, 200, 300)
        ]
        assert [len(part.entries) for part in parts] == [100, 100, 30, 0]
        assert {part.n_found for part in parts} == {N}
        assert {one.entry.entry_id for part in parts for one in part.entries} == set(long_list[1])


WHO_FITS = [
    ({"statuses": (EntryStatus.QUARANTINED,)}, lambda n: n % 7 == 0),
    ({"categories": (Category.MISSING_AT_INCREASED_RISK,)}, lambda n: n % 11 == 0),
    ({"responses": (Response.RED,)}, lambda n: n % 5 == 0),
    ({"reason": "legal_basis"}, lambda n: n % 7 == 0),
    ({"reason": "legal"}, lambda n: False),
    ({"todo": "review", "by": "somebody-else"}, lambda n: n % 7 != 0),
    ({"text": "ángel no007"}, lambda n: n == 7),
    ({"text": "NO007 angel"}, lambda n: n == 7),
    ({"text": "pnc / 00042"}, lambda n: n == 42),
    ({"text": "pnc/0004 bela"}, lambda n: n in (40, 42, 44, 46, 48)),
    ({"text": "nobody"}, lambda n: False),
    ({"text": "bela", "responses": (Response.RED,)}, lambda n: n % 10 == 0),
]


def test_search_finds_just_those_who_fit(store, long_list):
    for wanted, fits in WHO_FITS:
        assert sorted(numbers(store, long_list, **wanted)) == [n for n in range(N) if fits(n)], wanted


def test_search_an_id_is_found_by_how_it_begins_and_not_by_letters_inside_it(store, long_list):
    for entry_id, n in list(long_list[1].items())[:3]:
        assert numbers(store, long_list, text=entry_id) == [n]
        assert n in numbers(store, long_list, text=f"no{n:03d} {entry_id[:6].lower()}")
        assert numbers(store, long_list, text=entry_id.removeprefix("E-")) == []
        assert numbers(store, long_list, text=entry_id[1:]) == []


def test_search_what_is_expiring(store, long_list):
    assert sorted(numbers(store, long_list, expires_before=store.clock() + timedelta(hours=29))) == []
    soon = numbers(store, long_list, expires_before=store.clock() + timedelta(hours=31))
    assert sorted(soon) == list(range(0, N, 10))


def test_search_reason_of_a_picture_is_one_too(store, long_list):
    watchlist_id, _ = long_list
    blurred = replace(somebody(900), pictures=[picture(900), picture(901, vector=None, reasons=("blurred",))])
    (entry_id,) = add_many(store, _list(store, watchlist_id), [blurred])
    found = search(store, REVIEWER, watchlist_id, Wanted(reason="blurred"), justification=WHY)
    assert [one.entry.entry_id for one in found.entries] == [entry_id]


ORDERS = {
    Order.NAME: lambda n: (n % 2 == 0, n),
    Order.REFERENCE: lambda n: n,
    Order.QUALITY: lambda n: n % 97,
    Order.CATEGORY: lambda n: n % 11 != 0,
    Order.RESPONSE: lambda n: n % 5 != 0,
    Order.STATUS: lambda n: n % 7 != 0,
}


def test_search_orders(store, long_list):
    for order, by in ORDERS.items():
        for is_descending in (False, True):
            found = [by(n) for n in numbers(store, long_list, order=order, is_descending=is_descending)]
            assert found == sorted(map(by, range(N)), reverse=is_descending), order


def test_search_by_expiry_those_without_one_come_last(store, long_list):
    for is_descending in (False, True):
        found = numbers(store, long_list, order=Order.EXPIRY, is_descending=is_descending)
        assert sorted(found[:23]) == list(range(0, N, 10))


def test_search_what_i_may_decide_on_leaves_out_what_i_entered_or_reviewed(store, long_list):
    watchlist_id, number_of = long_list
    assert numbers(store, long_list, todo="review", by=MANAGER.user_id) == []
    child = [entry_id for entry_id, n in number_of.items() if n == 11]
    review(store, REVIEWER, watchlist_id, versions(store, _list(store, watchlist_id), *child), STATEMENT)
    for who, expected in ((REVIEWER, []), (MANAGER, []), (SILVER, [11])):
        assert numbers(store, long_list, todo="second", by=who.user_id) == expected


def test_counts_are_those_of_each_filter(store, long_list):
    watchlist_id, number_of = long_list
    soon = store.clock() + timedelta(days=3)
    approve(store, _list(store, watchlist_id), *[entry_id for entry_id, n in number_of.items() if n in (11, 12)])
    with store.reading() as connection:
        counts = entry_search.count_by(connection, watchlist_id, SILVER.user_id, soon)
    assert counts["n_by_status"] == {
        "approved": 1,
        "pending_review": 195,
        "pending_second_approval": 1,
        "quarantined": 33,
    }
    assert counts["n_by_category"] == {"missing_at_increased_risk": 21, "wanted_by_courts": 209}
    assert counts["n_by_response"] == {"amber": 184, "red": 46}
    assert counts["n_by_reason"] == {"legal_basis": 33}
    assert [counts[f"n_{name}"] for name in ("review", "second", "alike", "expiring")] == [195, 1, 0, 23]


def test_look_alikes_are_found_and_shown_in_pairs(store, long_list):
    watchlist_id, number_of = long_list
    twins = [replace(somebody(n), pictures=[picture(n, vector=unit_vector(n - 800))]) for n in (801, 802)]
    ids = add_many(store, _list(store, watchlist_id), twins)
    find_pairs(store, REVIEWER, watchlist_id, 0.999, justification=WHY)
    first_two = {entry_id for entry_id, n in number_of.items() if n in (1, 2)}
    found = search(store, REVIEWER, watchlist_id, Wanted(is_alike=True), justification=WHY)
    assert {one.entry.entry_id for one in found.entries} == {*ids, *first_two}
    assert all(len(one.alike) == 1 for one in found.entries)
    parts = [show_pairs(store, REVIEWER, watchlist_id, first=n, most=1, justification=WHY) for n in (0, 1, 2)]
    assert [(len(part.pairs), len(part.entries), part.n_pairs) for part in parts] == [
        (1, 2, 2),
        (1, 2, 2),
        (0, 0, 2),
    ]
    assert {"Person 801", "Person 802"} < {one.details.name for part in parts for one in part.entries}
    assert sum(look.get("n_entries", 0) == 2 for look in looks(store)) == 2


def test_search_is_logged_with_its_words_also_where_nobody_was_found(store, long_list):
    watchlist_id, number_of = long_list
    search(
        store, REVIEWER, watchlist_id, Wanted(text="Bela No042", responses=(Response.AMBER,)), justification=WHY
    )
    search(store, REVIEWER, watchlist_id, Wanted(text="Sarah Nobody"), justification=WHY)
    nobody, one = looks(store)[:2] if looks(store)[0]["n_found"] == 0 else looks(store)[-1:-3:-1]
    (bela,) = [entry_id for entry_id, n in number_of.items() if n == 42]
    assert one["asked"] == {"responses": ["amber"], "text": "Bela No042"}
    assert (one["entries"], one["n_found"]) == ([bela], 1)
    assert nobody["asked"] == {"text": "Sarah Nobody"}
    assert (nobody["entries"], nobody["n_found"]) == ([], 0)


def test_search_is_refused_without_the_right_or_a_reason_and_of_no_list(store, long_list):
    watchlist_id, _ = long_list
    for wanted in (Wanted(), Wanted(text="bela")):
        with pytest.raises(PermissionRefusedError):
            search(store, OPERATOR, watchlist_id, wanted, justification=WHY)
        with pytest.raises(JustificationError):
            search(store, REVIEWER, watchlist_id, wanted)
        with pytest.raises(NotInStoreError):
            search(store, REVIEWER, "W-none", wanted, justification=WHY)
    with store.reading() as connection:
        key = store.vault.key(connection, "audit")
        refused = audit_reading.entries(connection, key, AuditQuestion(action="refused:watchlist.view"))
    assert len(refused) >= 2


def _list(store, watchlist_id):
    from lfr_kit.store.repository import watchlists as rows

    with store.reading() as connection:
        return rows.watchlist(connection, watchlist_id)
