"""The blue list: staff who agreed to walk through, so that the system is seen to find people before it opens.

A deployment opens only if, in its last check, everybody on its blue list walked through at least once and enough
of all passes were found (L10). The share found is the true recognition rate; with its exact interval, because a
handful of passes proves little. Nothing of it counts in public figures.

References
----------
"Blue list" as the Metropolitan Police uses it: FOI 01.FOI.22.023158. True recognition rate: South Wales Police.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from lfr_kit.errors import WatchlistError
from lfr_kit.evaluation.deployment_rates import true_recognition_rate
from lfr_kit.evaluation.rates import Rate
from lfr_kit.governance.person_text import clean_text

__all__ = [
    "LARGEST",
    "LEAST_PASSES",
    "LEAST_SHARE",
    "BluePass",
    "CheckResult",
    "check_result",
    "last_check",
    "pass_of_event",
    "said_consent",
    "said_pseudonym",
]

LEAST_SHARE = 0.8
"""Of all passes, at least so many must have been found."""
LEAST_PASSES = 3
"""Fewer passes in all are no check."""
LARGEST = 20
"""More staff than this are no blue list: it must not become a second watchlist."""


@dataclass(frozen=True, kw_only=True)
class BluePass:
    """One member of staff walked through once.

    Attributes
    ----------
    check_id
        Passes of one check belong together.
    member_id
        Who.
    is_hit
        Whether an alert named them.
    latency_s
        Seconds until it did, from the first frame of a recorded pass, or from the announcement; None for a miss.
    threshold
        That was in force.
    camera_id
        That found them; of a miss empty.
    is_recorded
        Whether the pass was a recording.
    n_others
        Alerts that named somebody else of the blue list meanwhile.
    """

    check_id: str
    member_id: str
    is_hit: bool
    latency_s: float | None
    threshold: float
    camera_id: str = ""
    is_recorded: bool = False
    n_others: int = 0


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """What a check came to.

    Attributes
    ----------
    hits
        Passes found, of all passes: the true recognition rate, with its exact interval.
    latencies_s
        Of the hits, in order.
    findings
        Why it is not passed, one by one; empty if it is.
    """

    hits: Rate
    latencies_s: tuple[float, ...]
    findings: tuple[str, ...]

    @property
    def is_passed(self) -> bool:
        """Whether the deployment may open, as far as this goes."""
        return not self.findings

    @property
    def median_latency_s(self) -> float | None:
        """The middle one; None without a hit."""
        return median(self.latencies_s) if self.latencies_s else None

    def in_words(self) -> str:
        """Hits of passes, with the interval and how long it took."""
        low, high = self.hits.interval()
        share = f"{self.hits} found, 95 % interval {100 * low:.0f} to {100 * high:.0f} %"
        middle = self.median_latency_s
        return share if middle is None else f"{share}, after {middle:.1f} s (median)"


def check_result(
    members: Collection[str], passes: Sequence[BluePass], threshold: float | None = None
) -> CheckResult:
    """What one check came to.

    Parameters
    ----------
    members
        Ids of everybody on the blue list now.
    passes
        Of one check.
    threshold
        In force now: a check at another says nothing of it. None = not looked at.

    Examples
    --------
    >>> found = BluePass(check_id="C", member_id="B-1", is_hit=True, latency_s=2.0, threshold=0.9)
    >>> check_result(["B-1"], [found] * 3).in_words()
    '3 of 3 passes found, 95 % interval 29 to 100 %, after 2.0 s (median)'
    """
    hits = true_recognition_rate(sum(each.is_hit for each in passes), len(passes))
    times = tuple(each.latency_s for each in passes if each.is_hit and each.latency_s is not None)
    return CheckResult(hits=hits, latencies_s=times, findings=tuple(_findings(members, passes, hits, threshold)))


def _findings(
    members: Collection[str], passes: Sequence[BluePass], hits: Rate, threshold: float | None
) -> Iterable[str]:
    if not members:
        yield "nobody is on the blue list"
        return
    if not passes:
        yield "nobody walked through"
        return
    if missing := sorted(set(members) - {each.member_id for each in passes}):
        yield f"{len(missing)} of {len(members)} on the blue list did not walk through ({', '.join(missing)})"
    if hits.trials < LEAST_PASSES:
        yield f"only {hits.trials} passes; it takes {LEAST_PASSES}"
    if hits.count < LEAST_SHARE * hits.trials:
        yield f"{hits} found; it takes {LEAST_SHARE:.0%}"
    others = sorted({each.threshold for each in passes} - {threshold}) if threshold is not None else []
    if others:
        yield f"it was made at a threshold of {others[0]:g}, in force is {threshold:g}"


def last_check(passes: Iterable[BluePass]) -> list[BluePass]:
    """The passes of the check that was begun last: one that failed is not mended by an earlier one."""
    every = list(passes)
    return [each for each in every if each.check_id == every[-1].check_id]


def pass_of_event(data: Mapping[str, Any]) -> BluePass:
    """A pass as it stands in the deployment's events."""
    return BluePass(**{name: data[name] for name in BluePass.__dataclass_fields__ if name in data})


def said_pseudonym(pseudonym: str) -> str:
    """What a member is called, clean; no real name is needed. WatchlistError without one."""
    return _said(pseudonym, "pseudonym", 40, "say what the member of staff is called here, e.g. 'staff 1'")


def said_consent(consent_ref: str) -> str:
    """Where the consent is recorded, clean. WatchlistError without one."""
    return _said(consent_ref, "consent", 120, "say where their consent is recorded (--consent)")


def _said(text: str, field: str, length: int, ask: str) -> str:
    cleaned = clean_text(text, field, length)
    if not cleaned:
        raise WatchlistError(f"blue list: {ask}")
    return cleaned
