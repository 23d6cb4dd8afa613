"""A store to time things in: an open deployment with a frozen list of made-up people, and a long audit log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import numpy as np

from lfr_kit.benchmarks.matching_speed import random_templates
from lfr_kit.config import StoreSettings, settings
from lfr_kit.governance.authority import MOST_ENTRIES, Authority
from lfr_kit.governance.evidence import ProtectedEvent
from lfr_kit.governance.roles import Actor, Role
from lfr_kit.governance.vocabulary import (
    Category,
    DeploymentState,
    EntryStatus,
    Operation,
    Response,
    WatchlistState,
)
from lfr_kit.governance.watchlist import Entry, EntryDetails, ReferencePicture, Watchlist
from lfr_kit.operations.watchlist_freezing import freeze
from lfr_kit.records import Alert, BestShot
from lfr_kit.store.key_places import save_master_keys
from lfr_kit.store.master_key import new_master_keys
from lfr_kit.store.repository import audit_log, deployments, reference_pictures, watchlists
from lfr_kit.store.store import Store

__all__ = [
    "CAMERA",
    "DEPLOYMENT",
    "MANAGER",
    "OPERATOR",
    "WATCHLIST",
    "alert_on",
    "fill_log",
    "open_scene",
    "place",
]

DEPLOYMENT, WATCHLIST, CAMERA = "D-bench", "W-bench", "north-1"
OPERATOR = Actor("operator", frozenset({Role.LFR_OPERATOR}))
MANAGER = Actor("manager", frozenset({Role.WATCHLIST_MANAGER}))

_SPACE = "random"
_WHY = "timed by lfr bench store"
_CHUNK = 1_000
_PICTURE = b"\xff\xd8" + bytes(20_000) + b"\xff\xd9"


@contextmanager
def place() -> Iterator[StoreSettings]:
    """Settings of a store of its own under the cache folder, so on a disk like the real one's; deleted after."""
    settings().cache_dir.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=settings().cache_dir, prefix="bench-store-") as folder:
        chosen = StoreSettings(
            url=f"sqlite:///{Path(folder) / 'store' / 'lfr.sqlite'}",
            key_file=Path(folder) / "keys" / "master.key",
            spool_dir=Path(folder) / "spool",
        )
        save_master_keys(new_master_keys(), chosen)
        yield chosen


def open_scene(store: Store, n_references: int, length: int, tell: Callable[[int], None]) -> None:
    """An open deployment whose frozen list has that many people, each with a picture of 20 kB and a template.

    Parameters
    ----------
    n_references
        How many people.
    length
        Of their templates.
    tell
        Told how many more are there.
    """
    now = store.clock()
    _, templates = random_templates(n_references, length)
    with store.engine.begin() as connection:
        store.vault.new_key(connection, f"deployment:{DEPLOYMENT}", now)
        key = store.vault.new_key(connection, watchlists.scope(WATCHLIST), now)
        own = store.vault.key(connection, "store")
        deployments.insert_draft(connection, own, DEPLOYMENT, _authority(now), "silver")
        watchlists.insert_watchlist(connection, _watchlist(now), key)
    for first in range(0, n_references, _CHUNK):
        some = range(first, min(first + _CHUNK, n_references))
        with store.engine.begin() as connection:
            key = store.vault.key(connection, watchlists.scope(WATCHLIST))
            watchlists.insert_entries(connection, key, [(_entry(n, now), _details(n)) for n in some])
            vectors = [reference_pictures.NewPicture(_picture(n), _PICTURE, templates[n].vector) for n in some]
            reference_pictures.insert_pictures(connection, key, WATCHLIST, vectors)
        tell(len(some))
    freeze(store, MANAGER, WATCHLIST, justification=_WHY)
    with store.engine.begin() as connection:
        found = deployments.deployment(connection, store.vault.key(connection, "store"), DEPLOYMENT)
        deployments.change(connection, found, state=str(DeploymentState.OPEN))


def alert_on(n: int) -> Alert:
    """An alert as the engine raises it, on the nth person of the list."""
    shot = BestShot(
        image=np.random.default_rng(n).integers(0, 255, (160, 160, 3), np.uint8),
        origin_px=np.zeros(2, np.float32),
        box_px=np.array([20, 20, 140, 140], np.float32),
        landmarks_px=np.zeros((0, 2), np.float32),
        mesh_px=np.zeros((0, 2), np.float32),
        quality=80.0,
        camera_id=CAMERA,
        track_id=n,
        frame_index=n,
        captured_at=datetime.now(UTC),
    )
    return Alert(
        alert_id=uuid4().hex,
        reference_id=_entry_id(n),
        similarity=0.75,
        comparison_score=0.75,
        threshold=0.64,
        score_scale="cosine",
        n_enrolled=n + 1,
        shot=shot,
    )


def fill_log(store: Store, n_entries: int, batch: int, tell: Callable[[int], None]) -> None:
    """Appends entries to the audit log, `batch` of them in a transaction."""
    for first in range(0, n_entries, batch):
        lines = [
            audit_log.Line("operator", Operation.CONSULTATION, "alert.view", f"alert:{n}", DEPLOYMENT, _WHY)
            for n in range(first, min(first + batch, n_entries))
        ]
        with store.engine.begin() as connection:
            audit_log.append(connection, store.vault, lines, store.clock())
        tell(len(lines))


def _watchlist(now: datetime) -> Watchlist:
    return Watchlist(
        watchlist_id=WATCHLIST,
        deployment_id=DEPLOYMENT,
        state=WatchlistState.BUILDING,
        space_id=_SPACE,
        allowed_categories=frozenset({Category.WANTED_BY_COURTS}),
        created_by=MANAGER.user_id,
        created_at=now,
    )


def _entry_id(n: int) -> str:
    return f"E-{n:08}"


def _entry(n: int, now: datetime) -> Entry:
    return Entry(
        entry_id=_entry_id(n),
        watchlist_id=WATCHLIST,
        person_mac=f"{n:064}",
        status=EntryStatus.APPROVED,
        category=Category.WANTED_BY_COURTS,
        response=Response.AMBER,
        created_by=MANAGER.user_id,
        created_at=now,
        changed_by=MANAGER.user_id,
        reviewed_by="reviewer",
        reviewed_at=now,
    )


def _details(n: int) -> EntryDetails:
    return EntryDetails(
        person_ref=f"MADE-UP/{n}",
        name=f"Made-up Person {n}",
        date_of_birth=date(1980, 1, 1),
        legal_basis="made up for timing",
        image_source="made up",
        note="not a person",
    )


def _picture(n: int) -> ReferencePicture:
    return ReferencePicture(
        picture_id=f"P-{n:08}",
        entry_id=_entry_id(n),
        picture_mac=f"{n:064}",
        captured_on=date(2025, 1, 1),
        quality=80.0,
    )


def _authority(now: datetime) -> Authority:
    grounds = (
        "This authority is made up, so that what a store does under one can be timed on this machine; it is never "
        "granted by anybody, names no real place, and is deleted with its store when the timing is over."
    )
    short = ("strategic_intent", "purpose", "legal_basis", "collateral_intrusion", "why_there", "why_then")
    references = ("equality_ref", "dpia_ref", "community_impact_ref", "policy_document_version")
    return Authority.model_validate(
        {
            **dict.fromkeys((*short, "watchlist_criteria"), "Made up for timing a store on this machine."),
            **{name: f"{name}: {grounds}" for name in ("necessity", "proportionality", "less_intrusive_means")},
            **dict.fromkeys(references, "none/1"),
            "use_case": "pso_event",
            "evidence": ProtectedEvent(event_name="a timing of the store", operation_ref="none/1"),
            "schedule_8_condition": "statutory_purposes",
            "place": "Nowhere, between two rounds of a benchmark",
            "starts_at": now + timedelta(hours=1),
            "ends_at": now + timedelta(hours=6),
            "expected_footfall": 1_000,
            "cameras": [{"camera_id": CAMERA, "source": "camera:0", "zone": None}],
            "watchlist_cap": MOST_ENTRIES,
            "embedder": "random",
            "space_id": _SPACE,
            "threshold": 0.64,
            "score_scale": "cosine",
            "calibration_id": "none",
            "policy_document_review_by": now.date() + timedelta(days=180),
            "contact": "nobody@made-up.example, 01632 960000",
            "complaint_route": "made-up.example/complaints",
        },
        strict=False,
    )
