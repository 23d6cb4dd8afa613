"""The conditions an operating curve can be drawn over: what varies, in which unit, and at which levels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from lfr_kit.errors import SettingError
from lfr_kit.evaluation.degradation import Degradation

__all__ = ["CONDITIONS", "Condition", "Kind", "checked_levels", "condition_named"]

Kind = Literal["degradation", "comparison", "passes"]
"""Of photographs made worse; of how photographs are compared; of passes through a scene."""


@dataclass(frozen=True)
class Condition:
    """One condition.

    Attributes
    ----------
    name, axis
        As it is asked for, and as its axis is labelled, with the unit.
    kind
        What it needs.
    levels
        Levels to take where none are asked for; in words where they have no number.
    neutral
        The level at which a degradation does nothing; None = the photographs' own.
    degrade
        Of a level, for degradations.
    log
        Levels on a log axis.
    shares_threshold
        Whether scores of different levels are on one scale.
    """

    name: str
    axis: str
    kind: Kind
    levels: tuple[float | str, ...]
    neutral: float | None = None
    degrade: Callable[[float], Degradation] | None = None
    log: bool = False
    shares_threshold: bool = True


_ALL = (
    Condition(
        "face-height",
        "face height (px)",
        "degradation",
        (64, 48, 40, 32, 24, 20, 16),
        None,
        lambda px: Degradation(face_height_px=px),
        log=True,
    ),
    Condition(
        "blur",
        "blur (standard deviation, px)",
        "degradation",
        (1, 2, 3, 4, 6),
        0,
        lambda px: Degradation(blur_px=px),
    ),
    Condition(
        "motion", "motion blur (px)", "degradation", (5, 9, 15, 21), 0, lambda px: Degradation(motion_px=px)
    ),
    Condition(
        "light",
        "light (times)",
        "degradation",
        (0.5, 0.25, 0.1, 0.05, 0.02),
        1,
        lambda x: Degradation(light=x),
        log=True,
    ),
    Condition(
        "contrast",
        "contrast (times)",
        "degradation",
        (0.5, 0.25, 0.1, 0.05),
        1,
        lambda x: Degradation(contrast=x),
        log=True,
    ),
    Condition("noise", "noise (grey levels)", "degradation", (10, 20, 40, 60), 0, lambda x: Degradation(noise=x)),
    Condition(
        "jpeg",
        "JPEG quality",
        "degradation",
        (50, 30, 15, 8, 4),
        95,
        lambda q: Degradation(jpeg_quality=round(q)),
        log=True,
    ),
    Condition("crops", "crops averaged", "comparison", ("single", "mirror", "jitter")),
    Condition(
        "normalisation",
        "score normalisation",
        "comparison",
        ("none", "rivals", "watchlist"),
        shares_threshold=False,
    ),
    Condition("list-size", "people on the watchlist, N", "comparison", (50, 100, 200, 400, 800), log=True),
    Condition("distance", "face height on the way (px, from)", "passes", (96, 64, 48, 32, 24, 16), log=True),
    Condition("every-nth", "frames looked at: every nth", "passes", (1, 2, 4, 8, 16), log=True),
    Condition("best-shots", "shots fused per pass", "passes", (1, 2, 3, 5, 8), log=True),
)
CONDITIONS = {each.name: each for each in _ALL}
"""By name."""


def condition_named(name: str) -> Condition:
    """The condition of that name.

    Raises
    ------
    SettingError
        If there is none.
    """
    if name not in CONDITIONS:
        raise SettingError(f"condition: one of {', '.join(CONDITIONS)}; got {name!r}")
    return CONDITIONS[name]


def checked_levels(condition: Condition, text: str) -> tuple[float | str, ...]:
    """Levels as they are written, ``16,24,32``; empty = the condition's own.

    Raises
    ------
    SettingError
        If one is not what the condition varies over, or stands twice.
    """
    if not text.strip():
        return condition.levels
    parts = [part.strip() for part in text.split(",")]
    if len(set(parts)) != len(parts):
        raise SettingError(f"levels: each once, got {text!r}")
    if isinstance(condition.levels[0], str):
        return tuple(parts)
    try:
        levels = tuple(float(part) for part in parts)
    except ValueError:
        raise SettingError(f"levels: numbers with commas between them, got {text!r}") from None
    if not all(0 < level < float("inf") for level in levels):
        raise SettingError(f"levels: larger than 0, got {text!r}")
    whole = all(level.is_integer() for level in levels)
    if condition.kind != "degradation" and not whole:
        raise SettingError(f"levels of {condition.name}: whole numbers, got {text!r}")
    return tuple(int(level) for level in levels) if whole else levels
