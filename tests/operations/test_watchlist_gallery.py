"""What an engine is given to search: approved people of a frozen list, proven unchanged. Referee: `fuse`."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from frozen_lists import (
    AUDITOR,
    MANAGER,
    OPERATOR,
    REVIEWER,
    SILVER,
    SPACE,
    WHY,
    add,
    add_many,
    approve,
    frozen_list,
    new_list,
    picture,
    planned,
    somebody,
    unit_vector,
)
from sqlalchemy import delete, select, update

from lfr_kit.embedding.fusion import fuse
from lfr_kit.errors import (
    KeyDestroyedError,
    NotInStoreError,
    PermissionRefusedError,
    TamperedError,
    WatchlistError,
)
from lfr_kit.governance.vocabulary import Category, Response
from lfr_kit.matching.exact import ExactMatcher
from lfr_kit.operations.watchlist_freezing import freeze
from lfr_kit.operations.watchlist_review import withdraw
from lfr_kit.operations.watchlists import entry_card, load_gallery, withdrawn_since
from lfr_kit.records import BestShot, Template
from lfr_kit.store.repository import watchlists as rows
from lfr_kit.store.tables import watchlists as tables


def change(store, table, where, **values):
    with store.engine.begin() as connection:
        connection.execute(update(table).where(where).values(**values))


def shot(quality):
    return BestShot(
        image=np.zeros((2, 2, 3), np.uint8),
        origin_px=np.zeros(2),
        box_px=np.array([0, 0, 1, 1]),
        landmarks_px=np.zeros((0, 2)),
        mesh_px=np.zeros((0, 2)),
        quality=quality,
        camera_id="",
        track_id=-1,
        frame_index=0,
        captured_at=datetime(2026, 5, 4, tzinfo=UTC),
    )


def test_load_gallery_finds_everybody_on_the_list(store):
    planned(store)
    watchlist, ids, frozen = frozen_list(store)
    gallery = load_gallery(store, OPERATOR, watchlist.watchlist_id)
    assert sorted(gallery.reference_ids) == sorted(ids)
    assert (gallery.revision, gallery.digest, gallery.expiries) == (0, frozen.digest, ())
    matcher = ExactMatcher()
    matcher.enrol(gallery.reference_ids, gallery.templates)
    for seed, entry_id in zip((1, 2, 3), ids, strict=True):
        (found,) = matcher.search([Template(vector=unit_vector(seed), space_id=SPACE)])
        assert found.reference_ids[0] == entry_id
        assert found.similarities[0] == pytest.approx(1, abs=1e-5)


def test_load_gallery_fuses_a_persons_pictures_by_their_quality(store):
    planned(store)
    pictures = [picture(1, quality=90.0), picture(2, quality=30.0), picture(3, quality=0.2)]
    unusable = picture(4, vector=None, reasons=("no_face",))
    watchlist, (entry_id,), _ = frozen_list(store, people=[replace(somebody(1), pictures=[*pictures, unusable])])
    gallery = load_gallery(store, OPERATOR, watchlist.watchlist_id)
    assert gallery.reference_ids == (entry_id,)
    expected = fuse([Template(vector=one.vector, space_id=SPACE, shot=shot(one.quality)) for one in pictures])
    np.testing.assert_allclose(gallery.templates[0].vector, expected.vector, atol=1e-6)
    assert gallery.templates[0].n_shots == 3
    assert gallery.templates[0].space_id == SPACE


def test_load_gallery_list_that_is_not_frozen_is_refused(store):
    planned(store)
    watchlist = new_list(store)
    add(store, watchlist, somebody(1))
    approve(store, watchlist)
    with pytest.raises(WatchlistError, match="only a frozen one"):
        load_gallery(store, OPERATOR, watchlist.watchlist_id)


def test_load_gallery_by_who_runs_no_deployment_is_refused(store):
    planned(store)
    watchlist, _, _ = frozen_list(store)
    for who in (MANAGER, REVIEWER, AUDITOR):
        with pytest.raises(PermissionRefusedError):
            load_gallery(store, who, watchlist.watchlist_id)


def test_load_gallery_expired_entries_are_left_out_and_coming_expiries_told(store, clock):
    planned(store)
    soon, later = clock() + timedelta(hours=7), clock() + timedelta(hours=9)
    people = [
        somebody(1),
        replace(somebody(2), expires_at=later),
        replace(somebody(3), expires_at=soon),
    ]
    watchlist, ids, _ = frozen_list(store, people=people)
    gallery = load_gallery(store, OPERATOR, watchlist.watchlist_id)
    assert gallery.expiries == ((soon, ids[2]), (later, ids[1]))
    clock.now = soon
    gallery = load_gallery(store, OPERATOR, watchlist.watchlist_id)
    assert sorted(gallery.reference_ids) == sorted([ids[0], ids[1]])


def test_load_gallery_entry_left_out_of_the_freeze_is_not_searched_whatever_its_row_says(store):
    planned(store)
    watchlist = new_list(store)
    good, late = add(store, watchlist, somebody(1), somebody(2))
    approve(store, watchlist, good)
    freeze(store, MANAGER, watchlist.watchlist_id, justification=WHY)
    change(store, tables.entries, tables.entries.c.entry_id == late, status="approved")
    assert load_gallery(store, OPERATOR, watchlist.watchlist_id).reference_ids == (good,)


TAMPERING = {
    "response": lambda e, p, ids: (e, e.c.entry_id == ids[0], {"response": "green"}),
    "category": lambda e, p, ids: (e, e.c.entry_id == ids[0], {"category": "victim"}),
    "expiry": lambda e, p, ids: (e, e.c.entry_id == ids[0], {"expires_at": None}),
    "person": lambda e, p, ids: (e, e.c.entry_id == ids[0], {"person_mac": "0" * 64}),
    "digest": lambda e, p, ids: (e, e.c.entry_id == ids[0], {"digest": "0" * 64}),
    "dropped": lambda e, p, ids: (e, e.c.entry_id == ids[0], {"digest": None}),
    "smuggled in": lambda e, p, ids: (e, e.c.entry_id == ids[3], {"status": "approved", "digest": "0" * 64}),
    "template bytes": lambda e, p, ids: (p, p.c.entry_id == ids[0], {"sealed_template": b"\0" * 220}),
    "picture mac": lambda e, p, ids: (p, p.c.entry_id == ids[0], {"picture_mac": "0" * 64}),
    "template gone": lambda e, p, ids: (p, p.c.entry_id == ids[0], {"sealed_template": None}),
    "picture to another": lambda e, p, ids: (p, p.c.entry_id == ids[0], {"entry_id": ids[1]}),
}


def test_load_gallery_what_was_tampered_with_after_the_freeze_is_refused(store, clock):
    planned(store)
    watchlist = new_list(store)
    people = [replace(somebody(seed), expires_at=clock() + timedelta(hours=8)) for seed in (1, 2, 3, 4)]
    ids = add_many(store, watchlist, people)
    approve(store, watchlist, *ids[:3])
    freeze(store, MANAGER, watchlist.watchlist_id, justification=WHY)
    for tampering in TAMPERING.values():
        table, where, values = tampering(tables.entries, tables.pictures, ids)
        with store.reading() as connection:
            before = connection.execute(table.select().where(where)).mappings().one()
        change(store, table, where, **values)
        with pytest.raises(TamperedError):
            load_gallery(store, OPERATOR, watchlist.watchlist_id)
        primary = next(iter(table.primary_key.columns))
        change(store, table, primary == before[primary.name], **{key: before[key] for key in values})
    assert len(load_gallery(store, OPERATOR, watchlist.watchlist_id).reference_ids) == 3


def test_load_gallery_entry_taken_out_of_the_freeze_with_the_digest_made_anew_is_refused(store):
    """Somebody who can write the database, knows the code and has no key."""
    planned(store)
    watchlist, ids, _ = frozen_list(store)
    change(store, tables.entries, tables.entries.c.entry_id == ids[0], digest=None)
    with store.reading() as connection:
        rows = connection.execute(select(tables.entries).where(tables.entries.c.digest.is_not(None))).all()
    lines = "".join(f"{row.entry_id} {row.digest}\n" for row in sorted(rows, key=lambda row: row.entry_id))
    anew = hashlib.sha256(lines.encode()).hexdigest()
    change(store, tables.watchlists, tables.watchlists.c.watchlist_id == watchlist.watchlist_id, digest=anew)
    with pytest.raises(TamperedError, match="taken out"):
        load_gallery(store, OPERATOR, watchlist.watchlist_id)


def test_load_gallery_template_moved_to_another_row_is_refused(store):
    planned(store)
    watchlist, ids, _ = frozen_list(store)
    with store.engine.begin() as connection:
        query = tables.pictures.select().where(tables.pictures.c.entry_id == ids[1])
        other = connection.execute(query).one().sealed_template
        connection.execute(
            update(tables.pictures).where(tables.pictures.c.entry_id == ids[0]).values(sealed_template=other)
        )
    with pytest.raises(TamperedError, match="sealed for another place"):
        load_gallery(store, OPERATOR, watchlist.watchlist_id)


def test_load_gallery_entry_row_deleted_by_hand_is_refused(store):
    planned(store)
    watchlist, ids, _ = frozen_list(store)
    with store.engine.begin() as connection:
        connection.execute(delete(tables.pictures).where(tables.pictures.c.entry_id == ids[0]))
        connection.execute(delete(tables.entries).where(tables.entries.c.entry_id == ids[0]))
    with pytest.raises(TamperedError, match="added or taken out"):
        load_gallery(store, OPERATOR, watchlist.watchlist_id)


def test_load_gallery_withdrawal_undone_by_hand_is_refused(store):
    planned(store)
    watchlist, ids, _ = frozen_list(store)
    withdraw(store, SILVER, watchlist.watchlist_id, ids[:1], "arrested this morning at home")
    assert sorted(load_gallery(store, OPERATOR, watchlist.watchlist_id).reference_ids) == sorted(ids[1:])
    change(store, tables.entries, tables.entries.c.entry_id == ids[0], status="approved")
    with pytest.raises(TamperedError, match=ids[0]):
        load_gallery(store, OPERATOR, watchlist.watchlist_id)


def test_load_gallery_without_its_key_is_refused(store, clock):
    planned(store)
    watchlist, _, _ = frozen_list(store)
    with store.engine.begin() as connection:
        store.vault.destroy(connection, rows.scope(watchlist.watchlist_id), clock())
    with pytest.raises(KeyDestroyedError):
        load_gallery(store, OPERATOR, watchlist.watchlist_id)


def test_withdrawn_since_tells_each_withdrawal_once(store):
    planned(store)
    watchlist, ids, _ = frozen_list(store)
    name = watchlist.watchlist_id
    assert withdrawn_since(store, name, 0) == (0, ())
    withdraw(store, SILVER, name, ids[:1], "arrested this morning at home")
    withdraw(store, SILVER, name, ids[1:], "warrants withdrawn by the court")
    assert withdrawn_since(store, name, 0)[0] == 2
    assert withdrawn_since(store, name, 0)[1][0] == ids[0]
    assert set(withdrawn_since(store, name, 0)[1]) == set(ids)
    assert set(withdrawn_since(store, name, 1)[1]) == set(ids[1:])
    assert withdrawn_since(store, name, 2) == (2, ())


def test_withdrawn_since_deleted_list_must_be_let_go(store):
    planned(store)
    watchlist, _, _ = frozen_list(store)
    with store.engine.begin() as connection:
        rows.change_watchlist(connection, watchlist.watchlist_id, state="deleted")
    with pytest.raises(WatchlistError, match="let go"):
        withdrawn_since(store, watchlist.watchlist_id, 0)
    with pytest.raises(NotInStoreError):
        withdrawn_since(store, "W-none", 0)


def test_entry_card_shows_the_best_picture_and_what_officers_must_know(store):
    planned(store)
    poor, good = picture(1, quality=40.0), picture(2, quality=90.0, captured_on=date(2024, 3, 2))
    watchlist, (entry_id,), _ = frozen_list(store, people=[replace(somebody(1), pictures=[poor, good])])
    with store.reading() as connection:
        key = store.vault.key(connection, rows.scope(watchlist.watchlist_id))
        card = entry_card(connection, key, entry_id)
    assert (card.name, card.person_ref, card.note) == ("Person 1", "PNC/00001", "do not approach alone")
    assert (card.category, card.response) == (Category.WANTED_BY_COURTS, Response.AMBER)
    assert (card.reference_jpeg, card.captured_on) == (good.jpeg, date(2024, 3, 2))


def test_entry_card_of_who_was_never_approved_is_refused(store):
    planned(store)
    watchlist = new_list(store)
    (entry_id,) = add(store, watchlist, somebody(1))
    with store.reading() as connection:
        key = store.vault.key(connection, rows.scope(watchlist.watchlist_id))
        with pytest.raises(WatchlistError, match="nobody may be alerted"):
            entry_card(connection, key, entry_id)
        with pytest.raises(NotInStoreError):
            entry_card(connection, key, "E-none")
