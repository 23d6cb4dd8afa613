"""An alert for who reaches the threshold, once per person and cooldown."""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import uuid4

from lfr_kit.alerting.thresholds import threshold_at
from lfr_kit.errors import InputError, SettingError
from lfr_kit.records import Alert, BestShot, CandidateList

__all__ = ["ThresholdWithCooldown"]


class ThresholdWithCooldown:
    """Alerts on the first candidate of a list if its comparison score is at or above the threshold.

    One probe gives one alert at most, for the candidate of rank 1: a person in front of a camera is at
    most one of those sought, and the operator is shown the likeliest. While that candidate is in
    cooldown the list gives no alert at all: falling back to rank 2 would name a lookalike each time.

    The cooldown is kept per reference across all sources and by the time of capture, so frames may
    arrive late or out of order: a shot taken less than `cooldown_s` before or after an alerted one
    raises no further alert.

    Parameters
    ----------
    threshold
        Least comparison score of an alert (>=), on `score_scale`: a number, or one per list size,
        ``{100: 0.93, 1000: 0.95}``, see `thresholds.threshold_at`. Has no default: it belongs to an
        embedding space and must be measured.
    score_scale
        ``"cosine"`` or the name of a score normalisation.
    cooldown_s
        Seconds of capture time, >= 0; 0 = every list may alert.

    Raises
    ------
    SettingError
        If the threshold is missing or not finite, lies outside [-1, 1] on the cosine scale, or
        `cooldown_s` is negative.
    """

    def __init__(
        self,
        *,
        threshold: float | Mapping[int, float] | None = None,
        score_scale: str = "cosine",
        cooldown_s: float = 60.0,
    ) -> None:
        self.thresholds = _by_size(threshold, score_scale)
        if not (math.isfinite(cooldown_s) and cooldown_s >= 0):
            raise SettingError(f"cooldown_s: must be at least 0, got {cooldown_s}")
        self.score_scale = score_scale
        self.cooldown_s = float(cooldown_s)
        self._alerted_at: defaultdict[str, list[datetime]] = defaultdict(list)

    def threshold_at(self, n_enrolled: int) -> float:
        """The threshold for a list of that many references."""
        return threshold_at(self.thresholds, n_enrolled)

    def change_threshold(self, threshold: float | Mapping[int, float]) -> None:
        """Another threshold from now on; who was alerted stays in cooldown. SettingError if it can be none."""
        self.thresholds = _by_size(threshold, self.score_scale)

    def remember(self, reference_id: str, captured_at: datetime) -> None:
        """Somebody was alerted then, by an earlier run: the cooldown goes on where it stood."""
        insort(self._alerted_at[reference_id], captured_at)

    def decide(self, candidate_lists: Sequence[CandidateList]) -> list[Alert]:
        """Alerts in the order of the lists.

        Raises
        ------
        SettingError
            If a list's scores are on another scale than the threshold.
        InputError
            If a probe that reaches the threshold has no shot: nobody could adjudicate it.
        """
        for found in candidate_lists:
            if found.score_scale != self.score_scale:
                raise SettingError(
                    f"score_scale: the threshold is on {self.score_scale!r}, the candidates on "
                    f"{found.score_scale!r}; set policy and matcher to the same scale and calibrate the threshold"
                )
        return [alert for found in candidate_lists if (alert := self._alert(found)) is not None]

    def _alert(self, found: CandidateList) -> Alert | None:
        if not len(found) or float(found.comparison_scores[0]) < self.threshold_at(found.n_enrolled):
            return None
        shot, reference_id = found.probe.shot, found.reference_ids[0]
        if shot is None:
            raise InputError(
                "a probe without its shot reached the threshold: an alert needs a picture to adjudicate"
            )
        times = self._alerted_at[reference_id]
        if is_near(times, shot.captured_at, self.cooldown_s):
            return None
        insort(times, shot.captured_at)
        return self._made(found, shot)

    def _made(self, found: CandidateList, shot: BestShot) -> Alert:
        return Alert(
            alert_id=uuid4().hex,
            reference_id=found.reference_ids[0],
            similarity=float(found.similarities[0]),
            comparison_score=float(found.comparison_scores[0]),
            threshold=self.threshold_at(found.n_enrolled),
            score_scale=self.score_scale,
            n_enrolled=found.n_enrolled,
            shot=shot,
        )


def _by_size(threshold: float | Mapping[int, float] | None, score_scale: str) -> dict[int, float]:
    """{list size: threshold}, checked; a number is the same at every size. Keys may be text, as in a TOML file."""
    if threshold is None or threshold == {}:
        raise SettingError(
            "threshold: has no default, it belongs to the embedder and score scale in use; "
            "find one with: lfr evaluate identify"
        )
    table = threshold if isinstance(threshold, Mapping) else {1: threshold}
    try:
        checked = {int(size): float(value) for size, value in table.items()}
    except (TypeError, ValueError):
        raise SettingError(f"threshold: must be a number, or numbers by list size, got {threshold!r}") from None
    for size, value in checked.items():
        if size < 1:
            raise SettingError(f"threshold: list sizes start at 1, got {size}")
        if not math.isfinite(value) or (score_scale == "cosine" and abs(value) > 1):
            raise SettingError(f"threshold: must be finite, and lie in [-1, 1] on the cosine scale, got {value}")
    return checked


def is_near(times: Sequence[datetime], moment: datetime, within_s: float) -> bool:
    """Whether one of the times, in rising order, is less than `within_s` seconds before or after `moment`."""
    i = bisect_left(times, moment)
    return any(abs(moment - t) < timedelta(seconds=within_s) for t in times[max(0, i - 1) : i + 1])
