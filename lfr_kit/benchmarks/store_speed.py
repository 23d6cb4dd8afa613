"""How fast the governed store is: committing, logging, verifying, opening; on SQLite with `synchronous=FULL`.

A commit is durable: it returns when the disk has it. So its time is mostly the disk's, and the median and the 95th
percentile say more than a mean.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter, process_time
from typing import Any

import numpy as np

from lfr_kit.benchmarks.measuring import Sample, figure_row, timed
from lfr_kit.benchmarks.store_scene import DEPLOYMENT, OPERATOR, WATCHLIST, alert_on, fill_log, open_scene, place
from lfr_kit.config import StoreSettings
from lfr_kit.errors import SettingError
from lfr_kit.governance.adjudication import DecisionReason, Verdict
from lfr_kit.governance.chain_check import ChainReport
from lfr_kit.governance.roles import Action, Actor, Role
from lfr_kit.governance.vocabulary import Operation
from lfr_kit.matching.exact import ExactMatcher
from lfr_kit.operations import adjudication, alerts, audit
from lfr_kit.operations.watchlists import load_gallery
from lfr_kit.store.store import Store

__all__ = ["StorePlan", "bench_store"]

_AUDITOR = Actor("auditor", frozenset({Role.AUDITOR}))
_WHY = "timed by lfr bench store"

Tell = Callable[[int], None]


@dataclass(frozen=True)
class StorePlan:
    """What to do in it.

    Attributes
    ----------
    n_acts, n_decisions
        Acts, and decisions on alerts, each committed by itself.
    n_appended, batch
        Audit entries appended, so many in a transaction.
    n_verified
        Entries of the chain that is verified; at least `n_appended`.
    n_references, length
        People on the watchlist, and numbers in a template.

    Raises
    ------
    SettingError
        If one of them is less than 1.
    """

    n_acts: int = 300
    n_decisions: int = 200
    n_appended: int = 20_000
    batch: int = 500
    n_verified: int = 1_000_000
    n_references: int = 20_000
    length: int = 512

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if value < 1:
                raise SettingError(f"{name}: at least 1, got {value}")

    @property
    def n_steps(self) -> int:
        """What a progress bar counts to."""
        return self.n_acts + self.n_decisions + self.n_references + max(self.n_verified, self.n_appended)


def bench_store(plan: StorePlan, tell: Tell = lambda _: None) -> list[dict[str, Any]]:
    """Rows of figures; `tell` is told how many steps more are done.

    Returns
    -------
    list of dict
        As of every benchmark, with ``target`` and the processor's part: ``cpu_ms`` per commit, ``cpu_s`` of a run.
    """
    with place() as chosen:
        rows = _of_decisions(chosen, plan, tell)
    with place() as chosen, Store.create(chosen) as store:
        return rows + _of_the_log(store, plan, tell)


def _of_decisions(chosen: StoreSettings, plan: StorePlan, tell: Tell) -> list[dict[str, Any]]:
    with Store.create(chosen) as store:
        open_scene(store, plan.n_references, plan.length, tell)
        acts = [_timed(lambda: _act(store), tell) for _ in range(plan.n_acts)]
        decisions = [_timed(_decision(store, n % plan.n_references), tell) for n in range(plan.n_decisions)]
    return [
        *_percentiles("act to durable commit", acts, "ms per act"),
        *_percentiles("decision on an alert to durable commit", decisions, "ms per decision"),
        _opening(chosen, plan),
    ]


def _of_the_log(store: Store, plan: StorePlan, tell: Tell) -> list[dict[str, Any]]:
    filling = timed(lambda: fill_log(store, plan.n_appended, plan.batch, tell), plan.n_appended)
    fill_log(store, max(plan.n_verified - plan.n_appended, 0), 10_000, tell)
    reports: list[ChainReport] = []
    checking = timed(lambda: reports.append(audit.verify(store, _AUDITOR, justification=_WHY).report), 1)
    n, is_whole = reports[0].n_entries, reports[0].is_whole
    return [
        figure_row(
            f"audit append, {plan.batch} at once",
            plan.n_appended / filling.wall_s,
            "entries/s",
            target=2_000,
            cpu_s=filling.cpu_s,
        ),
        figure_row(
            f"audit verify, {n:,} entries",
            checking.wall_s,
            "s",
            target=30,
            cpu_s=checking.cpu_s,
            is_whole=is_whole,
        ),
    ]


def _act(store: Store) -> None:
    with store.act(OPERATOR, Action.ALERT_VIEW, Operation.CONSULTATION, subject="alert:none", justification=_WHY):
        pass


def _decision(store: Store, n: int) -> Callable[[], object]:
    """Raises an alert and looks at it; what is left to time is the decision."""
    alert_id = alerts.raise_alert(store, DEPLOYMENT, alert_on(n))
    alerts.view(store, OPERATOR, alert_id)
    return lambda: adjudication.decide(
        store, OPERATOR, alert_id, Verdict.DISMISSED, DecisionReason.DIFFERENT_PERSON
    )


def _opening(chosen: StoreSettings, plan: StorePlan) -> dict[str, Any]:
    """From nothing open to the first search's answer, the modules being loaded."""
    began, cpu = perf_counter(), process_time()
    with Store.open(chosen) as store:
        gallery = load_gallery(store, OPERATOR, WATCHLIST)
        matcher = ExactMatcher()
        matcher.enrol(gallery.reference_ids, gallery.templates)
        wanted = random.Random(0).randrange(len(gallery.templates))
        (found,) = matcher.search([gallery.templates[wanted]])
    wall, cpu = perf_counter() - began, process_time() - cpu
    is_right = found.reference_ids[0] == gallery.reference_ids[wanted]
    what = f"opening a store with {plan.n_references:,} people to first search"
    return figure_row(what, wall, "s", target=2, cpu_s=cpu, is_right=is_right)


def _timed(work: Callable[[], object], tell: Tell) -> Sample:
    sample = timed(work, 1)
    tell(1)
    return sample


def _percentiles(name: str, samples: list[Sample], unit: str) -> list[dict[str, Any]]:
    p50, p95 = np.percentile([sample.wall_s for sample in samples], (50, 95)) * 1e3
    more = {"n": len(samples), "cpu_ms": float(np.median([sample.cpu_s for sample in samples]) * 1e3)}
    return [
        figure_row(f"{name}, p50", float(p50), unit, **more),
        figure_row(f"{name}, p95", float(p95), unit, target=10, **more),
    ]
