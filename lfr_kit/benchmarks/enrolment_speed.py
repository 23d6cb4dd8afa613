"""Pictures per second onto a watchlist, through the real import into a store that is thrown away."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from lfr_kit.benchmarks.measuring import Sample, comparison_row, figure_row, interleaved, timed
from lfr_kit.benchmarks.video_speed import peak_memory_mb
from lfr_kit.config import StoreSettings
from lfr_kit.enrolment_batch import BatchEnroller
from lfr_kit.governance.authority import Authority
from lfr_kit.governance.plan_file import authority_of_values
from lfr_kit.governance.roles import Actor, Role
from lfr_kit.operations.deployments import draft
from lfr_kit.operations.import_files import ImportSource, read_source
from lfr_kit.operations.import_report import ImportReport
from lfr_kit.operations.watchlist_import import ImportOrder, import_people
from lfr_kit.operations.watchlists import create
from lfr_kit.store.key_places import save_master_keys
from lfr_kit.store.master_key import new_master_keys
from lfr_kit.store.store import Store

__all__ = ["EnrolmentPlan", "bench_enrolment", "rehearsal_authority", "throwaway_store"]

_MANAGER = Actor("bench-manager", frozenset({Role.WATCHLIST_MANAGER}))
_PLANNER = Actor("bench-silver", frozenset({Role.SILVER}))
_WHY = "a benchmark in a store that is thrown away"


@dataclass(frozen=True)
class EnrolmentPlan:
    """What to import.

    Attributes
    ----------
    folder
        Of photos, NAME.jpg or NAME/*.jpg.
    crops
        See `lfr_kit.embedding.crops`; None = the embedder's own default.
    rounds
        Imports, each into a fresh store.
    """

    folder: Path
    crops: str | None = None
    rounds: int = 1


def bench_enrolment(plan: EnrolmentPlan, *, progress: Callable[[], None] | None = None) -> list[dict[str, Any]]:
    """Pictures per second from the folder to the committed list, and the same folder once more.

    Timed are reading, decoding, detection, the quality gate, embedding, sealing, and the commits; not the loading
    of the networks.
    """
    source = read_source(plan.folder)
    enroller = BatchEnroller.from_settings(crops=plan.crops)
    _warm_up(source, enroller)
    reports: list[ImportReport] = []
    again: list[Sample] = []

    def once() -> Sample:
        with throwaway_store() as store:
            order = _order(store, source, enroller)
            sample = timed(lambda: reports.append(import_people(store, _MANAGER, order, progress=progress)), 1)
            again.append(timed(lambda: import_people(store, _MANAGER, order), 1))
        return Sample(sample.wall_s, sample.cpu_s, source.n_pictures)

    first = interleaved(once, rounds=plan.rounds, warm_up=False)
    counts = {"n_pictures": source.n_pictures, "outcomes": dict(reports[-1].n_pictures), "crops": plan.crops}
    repeated = interleaved(
        iter([Sample(s.wall_s, s.cpu_s, source.n_pictures) for s in again]).__next__,
        rounds=plan.rounds,
        warm_up=False,
    )
    return [
        comparison_row("pictures imported", first, "per_s", "picture", **counts),
        comparison_row("the same pictures again, unchanged", repeated, "per_s", "picture"),
        figure_row("peak memory", peak_memory_mb(), "MB"),
    ]


def _warm_up(source: ImportSource, enroller: BatchEnroller) -> None:
    """One picture through every network, in a store of its own."""
    some = ImportSource(source.name, source.folder, source.people[:16])
    with throwaway_store() as store:
        import_people(store, _MANAGER, _order(store, some, enroller))


def _order(store: Store, source: ImportSource, enroller: BatchEnroller) -> ImportOrder:
    """An import onto a fresh list of a deployment that is only planned."""
    plan = rehearsal_authority(enroller.embedder.space_id, store.clock() + timedelta(hours=6))
    deployment = draft(store, _PLANNER, plan, reason=_WHY)
    watchlist = create(store, _MANAGER, deployment.deployment_id, justification=_WHY)
    return ImportOrder(watchlist.watchlist_id, source, enroller, _WHY)


@contextmanager
def throwaway_store() -> Iterator[Store]:
    """A store with a key of its own in a temporary folder; nothing of it is left behind."""
    with tempfile.TemporaryDirectory(prefix="lfr-bench-") as folder:
        place = Path(folder)
        chosen = StoreSettings(
            url=f"sqlite:///{place / 'store' / 'lfr.sqlite'}",
            key_file=place / "keys" / "master.key",
            session_file=place / "session",
            spool_dir=place / "spool",
        )
        save_master_keys(new_master_keys(), chosen)
        with Store.create(chosen) as store:
            yield store


def rehearsal_authority(space_id: str, starts_at: datetime) -> Authority:
    """A plan of a deployment that will never take place, with words where grounds belong."""
    words = (
        "This deployment will never take place, whatever is written here: it is drafted in a store that is made "
        "for a benchmark and thrown away at its end, so that the way onto a list can be timed as it really is."
    )
    texts = (
        "strategic_intent", "purpose", "legal_basis", "necessity", "proportionality", "less_intrusive_means",
        "collateral_intrusion", "why_there", "why_then", "watchlist_criteria",
    )  # fmt: skip
    names = (
        "place", "embedder", "score_scale", "calibration_id", "equality_ref", "dpia_ref", "community_impact_ref",
        "policy_document_version", "contact", "complaint_route",
    )  # fmt: skip
    return authority_of_values(
        {
            **{name: f"{words}({name})" for name in texts},
            **{name: f"benchmark {name}" for name in names},
            "use_case": "pso_event",
            "evidence": {"event_name": "benchmark", "operation_ref": "benchmark"},
            "schedule_8_condition": "statutory_purposes",
            "starts_at": starts_at.astimezone(UTC),
            "ends_at": starts_at.astimezone(UTC) + timedelta(hours=5),
            "expected_footfall": 1000,
            "cameras": [{"camera_id": "none", "source": "walkthrough", "zone": "whole frame"}],
            "watchlist_cap": 20_000,
            "space_id": space_id,
            "threshold": 0.99,
            "policy_document_review_by": date(9999, 1, 1),
        }
    )
