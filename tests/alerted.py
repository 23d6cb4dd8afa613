"""A deployment that is open and has a frozen watchlist, put into the store by hand for tests of alerts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from io import BytesIO
from typing import Any
from uuid import uuid4

import numpy as np
from governed import person
from PIL import Image
from recorded import authority
from sqlalchemy import select, update

from lfr_kit.governance.authority import Authority
from lfr_kit.governance.roles import Role
from lfr_kit.governance.vocabulary import Category, DeploymentState, EntryStatus, Response, WatchlistState
from lfr_kit.governance.watchlist import Entry, EntryDetails, ReferencePicture, Watchlist
from lfr_kit.records import Alert, BestShot
from lfr_kit.store.repository import audit_reading
from lfr_kit.store.repository import deployments as deployment_rows
from lfr_kit.store.repository import reference_pictures as picture_rows
from lfr_kit.store.repository import watchlists as watchlist_rows
from lfr_kit.store.repository.audit_reading import AuditQuestion
from lfr_kit.store.store import Store
from lfr_kit.store.tables.audit import audit_entries
from lfr_kit.store.tables.deployments import deployments
from lfr_kit.store.tables.watchlists import entries

OPERATOR = person(Role.LFR_OPERATOR)
OTHER_OPERATOR = person(Role.LFR_OPERATOR, name="lfr_operator-2")
OFFICER = person(Role.ENGAGEMENT_OFFICER)
SILVER = person(Role.SILVER)
CAMERA = "north-1"


def shot(camera_id: str = CAMERA, *, at: datetime | None = None, seed: int = 0, size: int = 120) -> BestShot:
    """A made-up face: smooth noise, different for every seed."""
    coarse = np.random.default_rng(seed).integers(0, 255, (8, 8, 3), np.uint8)
    pixels = np.asarray(Image.fromarray(coarse).resize((size, size), Image.Resampling.BICUBIC))
    return BestShot(
        image=pixels,
        origin_px=(0, 0),
        box_px=(10, 10, size - 10, size - 10),
        landmarks_px=np.zeros((0, 2)),
        mesh_px=np.zeros((0, 2)),
        quality=80,
        camera_id=camera_id,
        track_id=1,
        frame_index=0,
        captured_at=at or datetime.fromisoformat("2026-05-04T09:00:00+00:00"),
    )


def make_alert(entry_id: str, alert_id: str | None = None, **changes: Any) -> Alert:
    """An alert as the engine raises it."""
    seen = changes.pop("shot", None) or shot()
    values = {"similarity": 0.71, "comparison_score": 0.71, "threshold": 0.64, "score_scale": "cosine"}
    return Alert(
        alert_id=uuid4().hex if alert_id is None else alert_id,
        reference_id=entry_id,
        n_enrolled=3,
        shot=seen,
        **{**values, **changes},
    )


@dataclass
class Opened:
    """An open deployment with three people on its list: their responses are green, amber and red."""

    store: Store
    deployment_id: str = "D-0000000001"
    plan: Authority = field(default_factory=authority)
    entry_ids: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        now, vault = self.store.clock(), self.store.vault
        if now >= self.plan.ends_at:
            window = {"starts_at": now, "ends_at": now + (self.plan.ends_at - self.plan.starts_at)}
            self.plan = self.plan.model_copy(update=window)
        self.watchlist_id = "W" + self.deployment_id[1:]
        with self.store.engine.begin() as connection:
            vault.new_key(connection, f"deployment:{self.deployment_id}", now)
            key = vault.new_key(connection, f"watchlist:{self.watchlist_id}", now)
            store_key = vault.key(connection, "store")
            deployment_rows.insert_draft(connection, store_key, self.deployment_id, self.plan, "bronze-1")
            watchlist_rows.insert_watchlist(connection, self._watchlist(now), key)
            for response in (Response.GREEN, Response.AMBER, Response.RED):
                self._add(connection, key, response, now)
        self.move(DeploymentState.OPEN, watchlist_id=self.watchlist_id)

    def _watchlist(self, now: datetime) -> Watchlist:
        return Watchlist(
            watchlist_id=self.watchlist_id,
            deployment_id=self.deployment_id,
            state=WatchlistState.FROZEN,
            space_id=self.plan.space_id,
            allowed_categories=frozenset(Category),
            created_by="watchlist_manager-1",
            created_at=now,
        )

    def _add(self, connection: Any, key: Any, response: Response, now: datetime) -> None:
        n = len(self.entry_ids)
        entry_id = f"E-{self.deployment_id[2:]}{n}"
        entry = Entry(
            entry_id=entry_id,
            watchlist_id=self.watchlist_id,
            person_mac=f"{n:064}",
            status=EntryStatus.APPROVED,
            category=Category.WANTED_BY_COURTS,
            response=response,
            created_by="watchlist_manager-1",
            created_at=now,
            changed_by="watchlist_manager-1",
            verified_at=now,
        )
        details = EntryDetails(person_ref=f"PNC/{n}", name=f"Sought Person {n}", note="approach with care")
        picture = ReferencePicture(
            picture_id=f"P-{entry_id}",
            entry_id=entry_id,
            picture_mac=f"{n:064}",
            captured_on=date(2025, 3, 1),
            quality=90.0,
        )
        vector = np.eye(8, dtype=np.float32)[n]
        watchlist_rows.insert_entries(connection, key, [(entry, details)])
        new = picture_rows.NewPicture(picture, self.reference_jpeg(n), vector)
        picture_rows.insert_pictures(connection, key, self.watchlist_id, [new])
        self.entry_ids.append(entry_id)

    def reference_jpeg(self, n: int) -> bytes:
        """The picture of the nth person on the list."""
        encoded = BytesIO()
        Image.fromarray(shot(seed=100 + n).image).save(encoded, "JPEG")
        return encoded.getvalue()

    def move(self, state: DeploymentState, **values: Any) -> None:
        """Puts the deployment into a state, whatever it was."""
        with self.store.engine.begin() as connection:
            own = deployments.c.deployment_id == self.deployment_id
            connection.execute(update(deployments).where(own).values(state=str(state), **values))

    def change_entry(self, n: int, **values: Any) -> None:
        """Changes the nth entry's row."""
        with self.store.engine.begin() as connection:
            connection.execute(update(entries).where(entries.c.entry_id == self.entry_ids[n]).values(**values))

    def alert(self, n: int = 0, alert_id: str | None = None, **changes: Any) -> Alert:
        """An alert on the nth entry."""
        return make_alert(self.entry_ids[n], alert_id, **changes)


def logged(store: Store, action: str | None = None) -> list[Any]:
    """The rows of the audit log, of one action if named."""
    with store.reading() as connection:
        rows = connection.execute(select(audit_entries).order_by(audit_entries.c.seq)).all()
    return [row for row in rows if action in (None, row.action)]


def logged_details(store: Store, action: str) -> list[dict[str, Any]]:
    """What the audit log keeps beside the open columns of each entry of an action, opened."""
    with store.reading() as connection:
        key = store.vault.key(connection, "audit")
        found = audit_reading.entries(connection, key, AuditQuestion(action=action))
    return [entry.details for entry in found]
