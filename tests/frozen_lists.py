"""Watchlists for tests: a deployment to build one for, people with made-up faces, a list taken to the freeze."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
from governed import person
from recorded import authority
from sqlalchemy import update

from lfr_kit.governance.roles import Role
from lfr_kit.governance.vocabulary import Category, DeploymentState, Response
from lfr_kit.governance.watchlist import EntryDetails, Watchlist
from lfr_kit.governance.watchlist_review import Statement
from lfr_kit.operations.watchlist_entries import NewPerson, PersonPicture, add_entry, enter, list_in_building
from lfr_kit.operations.watchlist_freezing import Frozen, freeze
from lfr_kit.operations.watchlist_review import review
from lfr_kit.operations.watchlists import create
from lfr_kit.store.repository.deployments import insert_draft
from lfr_kit.store.repository.watchlists import entries_of
from lfr_kit.store.store import Store
from lfr_kit.store.tables.deployments import deployments

MANAGER, REVIEWER, SILVER = (
    person(Role.WATCHLIST_MANAGER),
    person(Role.WATCHLIST_REVIEWER),
    person(Role.SILVER),
)
OPERATOR, AUDITOR = person(Role.LFR_OPERATOR), person(Role.AUDITOR)
SPACE = "scripted:colour-grid-4.v1"
WHY = "for the deployment at the station"
STATEMENT = Statement(
    necessity="wanted on a warrant and expected at the station",
    proportionality="no less intrusive way to find them in the crowd",
)


def planned(store: Store, deployment_id: str = "D-1", starts_in_hours: float = 6, **changes: object) -> str:
    """A draft deployment to build a watchlist for; `changes` go to its authority."""
    starts_at = store.clock() + timedelta(hours=starts_in_hours)
    times = {"starts_at": starts_at, "ends_at": starts_at + timedelta(hours=5)}
    plan = authority(**{"space_id": SPACE, "watchlist_cap": 20_000, **times, **changes})
    with store.engine.begin() as connection:
        insert_draft(connection, store.vault.key(connection, "store"), deployment_id, plan, SILVER.user_id)
    return deployment_id


def move(store: Store, deployment_id: str, state: DeploymentState) -> None:
    """Puts a deployment into a state, by hand."""
    with store.engine.begin() as connection:
        where = deployments.c.deployment_id == deployment_id
        connection.execute(update(deployments).where(where).values(state=str(state)))


def unit_vector(seed: int, length: int = 48) -> np.ndarray:
    """(length,) float32, of unit length, the same for the same seed."""
    vector = np.random.default_rng(seed).normal(size=length)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def picture(seed: int, **changes: object) -> PersonPicture:
    """A picture with a template, taken on 1 January 2025."""
    given = PersonPicture(
        picture_mac=f"{seed:064x}",
        jpeg=b"\xff\xd8 picture %d \xff\xd9" % seed,
        captured_on=date(2025, 1, 1),
        quality=80.0,
        measures={"sharpness": 70.0},
        vector=unit_vector(seed),
    )
    return replace(given, **changes)  # type: ignore[arg-type]


def somebody(seed: int = 1, *, category: Category = Category.WANTED_BY_COURTS, **details: object) -> NewPerson:
    """An adult of whom everything required is known."""
    given = {
        "person_ref": f"PNC/{seed:05d}",
        "name": f"Person {seed}",
        "date_of_birth": date(1990, 6, 1),
        "legal_basis": "held under PACE after arrest",
        "image_source": "custody",
        "note": "do not approach alone",
    } | details
    return NewPerson(
        details=EntryDetails(**given),  # type: ignore[arg-type]
        category=category,
        response=Response.AMBER,
        pictures=[picture(seed)],
    )


def new_list(store: Store, deployment_id: str = "D-1") -> Watchlist:
    """A list in building; its deployment must be there."""
    return create(store, MANAGER, deployment_id, justification=WHY)


def add(store: Store, watchlist: Watchlist, *people: NewPerson) -> list[str]:
    """Enters people; their entry ids."""
    return [add_entry(store, MANAGER, watchlist.watchlist_id, one, justification=WHY).entry_id for one in people]


def add_many(store: Store, watchlist: Watchlist, people: list[NewPerson]) -> list[str]:
    """Enters many people in one act."""
    from lfr_kit.governance.roles import Action
    from lfr_kit.governance.vocabulary import Operation

    with store.act(
        MANAGER, Action.WATCHLIST_IMPORT, Operation.COLLECTION, subject=watchlist.watchlist_id, justification=WHY
    ) as act:
        return [one.entry_id for one in enter(act, list_in_building(act, watchlist.watchlist_id), people)]


def versions(store: Store, watchlist: Watchlist, *entry_ids: str) -> dict[str, int]:
    """What a reviewer saw: the versions of these entries, or of all."""
    with store.reading() as connection:
        every = {one.entry_id: one.version for one in entries_of(connection, watchlist.watchlist_id)}
    return {entry_id: every[entry_id] for entry_id in entry_ids or every}


def approve(store: Store, watchlist: Watchlist, *entry_ids: str) -> None:
    """A reviewer approves these entries, or all."""
    review(store, REVIEWER, watchlist.watchlist_id, versions(store, watchlist, *entry_ids), STATEMENT)


def frozen_list(
    store: Store, deployment_id: str = "D-1", people: list[NewPerson] | None = None
) -> tuple[Watchlist, list[str], Frozen]:
    """A frozen list of three people (or these), all approved: list, entry ids, what was frozen.

    The deployment must be there (`planned`).
    """
    watchlist = new_list(store, deployment_id)
    ids = add_many(store, watchlist, people or [somebody(seed) for seed in (1, 2, 3)])
    approve(store, watchlist)
    return watchlist, ids, freeze(store, MANAGER, watchlist.watchlist_id, justification=WHY)
