"""Thresholds by list size: the more people are enrolled, the likelier one of them looks like a stranger.

FPIR(N, T) grows about linearly with the number N of references (ISO/IEC 19795-1; the National Physical
Laboratory measured 1 in 60,000 at 1,000 and 1 in 6,000 at 10,000), so a threshold that holds a false alert
rate steady rises about linearly with log N.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lfr_kit.errors import SettingError

__all__ = ["DEFAULT_THRESHOLDS", "PROVISIONAL", "default_thresholds", "is_provisional", "threshold_at"]

DEFAULT_THRESHOLDS: dict[tuple[str, str], dict[int, float]] = {
    ("dlib_resnet", "cosine"): {25: 0.9475, 50: 0.9511, 100: 0.9548, 200: 0.9575, 400: 0.9606},
    ("dlib_resnet", "cosine_less_rivals"): {25: 0.9464, 50: 0.9483, 100: 0.9504, 400: 0.9504},
    ("facenet", "cosine"): {1: 0.50, 1000: 0.65},
}
"""(start of a `space_id`, score scale) -> {list size: threshold}.

Where 1 in 1,000 strangers would raise an alert (the ceiling of the South Wales Police operating procedure),
measured with ``lfr evaluate identify lfw_dev --enrol N --draws 20``: still photographs of public people. A
starting point for exploring footage; a deployment needs a threshold measured for its own list and cameras.
Below 25 and above 400 people they are extrapolated.
Of scores less rivals (with ``--normalisation rivals``) 0.9499 was measured at 400, and is not used: a longer
list never has a lower threshold.
FaceNet's are provisional, see `PROVISIONAL`.
"""

PROVISIONAL = frozenset({"facenet"})
"""Spaces whose thresholds this project has not measured, for want of their weights. FaceNet's authors separate
pairs at a squared distance of 1.1, a cosine of 0.45 (Schroff et al., CVPR 2015); searching a list needs more."""


def default_thresholds(space_id: str, score_scale: str = "cosine") -> dict[int, float]:
    """The thresholds used where none is set, by list size.

    Parameters
    ----------
    space_id
        Of the embedder in use; the longest name in the table that it starts with counts.
    score_scale
        Of the matcher in use.

    Raises
    ------
    SettingError
        If none was ever measured for this space and scale.
    """
    fitting = [name for name, scale in DEFAULT_THRESHOLDS if scale == score_scale and space_id.startswith(name)]
    if not fitting:
        raise SettingError(
            f"threshold: none was measured for embedding space {space_id!r} on scale {score_scale!r}; give one "
            "(--threshold, or threshold under [policy.settings]), found with: lfr evaluate identify"
        )
    return DEFAULT_THRESHOLDS[max(fitting, key=len), score_scale]


def is_provisional(space_id: str) -> bool:
    """Whether the default thresholds of an embedding space were never measured by this project."""
    return any(space_id.startswith(name) for name in PROVISIONAL)


def threshold_at(thresholds: Mapping[int, float], n_enrolled: int) -> float:
    """The threshold for a list of `n_enrolled` references.

    Between two sizes of the table it is linear in log N; beyond either end the slope of the last two goes on
    (of one size alone: the same for every list).

    >>> table = {10: 0.5, 1000: 0.7}
    >>> [round(threshold_at(table, n), 6) for n in (1, 10, 100, 10_000)]
    [0.4, 0.5, 0.6, 0.8]
    """
    sizes = np.array(sorted(thresholds), np.float64)
    values = np.array([thresholds[int(size)] for size in sizes])
    if len(sizes) == 1:
        return float(values[0])
    at, logs = np.log(max(n_enrolled, 1)), np.log(sizes)
    left = int(np.clip(np.searchsorted(logs, at) - 1, 0, len(sizes) - 2))
    slope = (values[left + 1] - values[left]) / (logs[left + 1] - logs[left])
    return float(values[left] + slope * (at - logs[left]))
