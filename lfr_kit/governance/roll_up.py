"""A month's or a year's deployments in sum, with exact intervals; what cannot be added is not.

A false alert rate over faces seen is not pooled across ways of counting faces, since such numbers cannot be
compared. Where thresholds differ it is pooled but said, and each pair of the two stands by itself too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from lfr_kit.evaluation.deployment_rates import false_alert_rate, false_alert_share
from lfr_kit.evaluation.rates import Rate
from lfr_kit.governance.published_record import DeploymentRecord

__all__ = ["RollUp", "Stratum", "Totals", "roll_up"]

K = TypeVar("K", bound=Any)


@dataclass(frozen=True, kw_only=True)
class Totals:
    """Sums over deployments. Attributes are as those of `DeploymentRecord`."""

    n_deployments: int
    duration_s: float
    faces_seen: int
    total_alerts: int
    true_confirmed: int
    true_unconfirmed: int
    false_confirmed: int
    false_unconfirmed: int
    n_awaiting_review: int
    n_engaged: int
    arrests: int
    others: int
    no_actions: int

    @property
    def false_alerts(self) -> int:
        """Confirmed or not."""
        return self.false_confirmed + self.false_unconfirmed

    @property
    def over_faces(self) -> Rate | None:
        """False alerts over faces seen; None without faces."""
        if self.faces_seen < max(1, self.false_alerts):
            return None
        return false_alert_rate(self.false_alerts, self.faces_seen)

    @property
    def over_alerts(self) -> Rate | None:
        """False alerts over alerts that were judged; None without any."""
        judged = self.total_alerts - self.n_awaiting_review
        return false_alert_share(self.false_alerts, judged) if judged else None


@dataclass(frozen=True, kw_only=True)
class Stratum:
    """Deployments that can be compared: faces counted alike, the same threshold on the same scale."""

    methods: tuple[str, ...]
    threshold: float
    score_scale: str
    totals: Totals


@dataclass(frozen=True, kw_only=True)
class RollUp:
    """A period in sum.

    Attributes
    ----------
    year, month
        The period; month is None for a whole year.
    records
        Every deployment in it, by day; aborted and unopened ones too.
    totals
        Of those that ran.
    over_faces
        The pooled rate over faces seen; None where faces were counted in more than one way.
    strata
        By way of counting and threshold.
    by_month
        (month, totals) for a year.
    by_use_case
        (use case, totals).
    aborted
        Deployments that were aborted before any alert, or not opened: in no sum.
    provisional
        Ids of deployments whose record may still change.
    remarks
        What readers of the sums must know.
    """

    year: int
    month: int | None
    records: tuple[DeploymentRecord, ...]
    totals: Totals
    over_faces: Rate | None
    strata: tuple[Stratum, ...]
    by_month: tuple[tuple[int, Totals], ...]
    by_use_case: tuple[tuple[str, Totals], ...]
    aborted: tuple[DeploymentRecord, ...]
    provisional: tuple[str, ...]
    remarks: tuple[str, ...]


def roll_up(records: Iterable[DeploymentRecord], year: int, month: int | None = None) -> RollUp:
    """Sums over the deployments that were opened (or planned, if never opened) in a year or one month of it."""
    within = sorted(
        (each for each in records if each.opened_on.year == year and month in (None, each.opened_on.month)),
        key=lambda record: (record.opened_on, record.starts_at, record.deployment_id),
    )
    ran = [each for each in within if not each.is_short]
    by_stratum = _grouped(ran, lambda each: (each.faces_seen_methods, each.min_threshold, each.score_scale))
    methods = {each.faces_seen_methods for each in ran if each.faces_seen}
    is_one_method = len(methods) <= 1 and all(len(several) <= 1 for several in methods)
    totals = _totals(ran)
    return RollUp(
        year=year,
        month=month,
        records=tuple(within),
        totals=totals,
        over_faces=totals.over_faces if is_one_method else None,
        strata=tuple(
            Stratum(methods=key[0], threshold=key[1], score_scale=key[2], totals=_totals(group))
            for key, group in by_stratum
        ),
        by_month=tuple((key, _totals(group)) for key, group in _grouped(ran, lambda each: each.opened_on.month))
        if month is None
        else (),
        by_use_case=tuple((key, _totals(group)) for key, group in _grouped(ran, lambda each: str(each.use_case))),
        aborted=tuple(each for each in within if each.is_short),
        provisional=tuple(each.deployment_id for each in within if each.is_provisional),
        remarks=_remarks(ran, is_one_method=is_one_method),
    )


def _grouped(
    records: Sequence[DeploymentRecord], key: Callable[[DeploymentRecord], K]
) -> list[tuple[K, list[DeploymentRecord]]]:
    """(key, records) in the order of the keys."""
    groups: dict[K, list[DeploymentRecord]] = defaultdict(list)
    for each in records:
        groups[key(each)].append(each)
    return [(name, groups[name]) for name in sorted(groups)]


def _totals(records: Sequence[DeploymentRecord]) -> Totals:
    return Totals(
        n_deployments=len(records),
        duration_s=sum(each.duration_s for each in records),
        faces_seen=sum(each.faces_seen for each in records),
        total_alerts=sum(each.total_alerts for each in records),
        true_confirmed=sum(each.true_confirmed for each in records),
        true_unconfirmed=sum(each.true_unconfirmed for each in records),
        false_confirmed=sum(each.false_confirmed for each in records),
        false_unconfirmed=sum(each.false_unconfirmed for each in records),
        n_awaiting_review=sum(each.n_awaiting_review for each in records),
        n_engaged=sum(each.n_engaged for each in records),
        arrests=sum(each.arrests for each in records),
        others=sum(each.others for each in records),
        no_actions=sum(each.no_actions for each in records),
    )


def _remarks(ran: Sequence[DeploymentRecord], *, is_one_method: bool) -> tuple[str, ...]:
    remarks = []
    if not is_one_method:
        remarks.append(
            "Faces were counted in more than one way, so no common rate over faces seen is given; "
            "see the rates by way of counting."
        )
    thresholds = {(each.min_threshold, each.score_scale) for each in ran}
    if len(thresholds) > 1:
        listed = ", ".join(f"{threshold:g} ({scale})" for threshold, scale in sorted(thresholds))
        remarks.append(f"The sums pool deployments with different thresholds: {listed}.")
    n_waiting = sum(each.n_awaiting_review for each in ran)
    if n_waiting:
        alerts = "1 alert still awaits" if n_waiting == 1 else f"{n_waiting} alerts still await"
        remarks.append(f"Provisional: {alerts} review.")
    n_open = sum(each.is_provisional for each in ran)
    if n_open:
        whose = "record of 1 deployment is" if n_open == 1 else f"records of {n_open} deployments are"
        remarks.append(f"The {whose} not final: figures may still change.")
    return tuple(remarks)
