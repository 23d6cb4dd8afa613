"""Timing that can be trusted on a busy machine: rounds in turn, medians, processor time beside wall time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter, process_time
from typing import Any, Literal

from lfr_kit.errors import SettingError

__all__ = ["Comparison", "Sample", "Unit", "Work", "comparison_row", "figure_row", "interleaved", "timed"]

Unit = Literal["ms", "s", "per_s"]


@dataclass(frozen=True)
class Sample:
    """One round: how long `n_items` took.

    Attributes
    ----------
    wall_s, cpu_s
        Seconds on the clock, and of all threads of the process together.
    n_items
        Faces, frames, searches, ...
    """

    wall_s: float
    cpu_s: float
    n_items: int


Work = Callable[[], Sample]


@dataclass(frozen=True)
class Comparison:
    """Rounds of ours and of a peer's, taken in turn; `peer` is empty without one."""

    ours: tuple[Sample, ...]
    peer: tuple[Sample, ...] = ()


def timed(work: Callable[[], object], n_items: int) -> Sample:
    """Runs `work` once."""
    wall, cpu = perf_counter(), process_time()
    work()
    return Sample(perf_counter() - wall, process_time() - cpu, n_items)


def interleaved(ours: Work, peer: Work | None = None, *, rounds: int = 5, warm_up: bool = True) -> Comparison:
    """Ours, peer, ours, peer, ...: what disturbs the machine disturbs both.

    Parameters
    ----------
    rounds
        Of each, at least 1.
    warm_up
        One more round of each first, not counted: compilation, caches.

    Raises
    ------
    SettingError
        If there is no round.
    """
    if rounds < 1:
        raise SettingError(f"rounds: at least 1, got {rounds}")
    both = [ours] if peer is None else [ours, peer]
    if warm_up:
        for work in both:
            work()
    samples = [[work() for work in both] for _ in range(rounds)]
    return Comparison(
        ours=tuple(pair[0] for pair in samples),
        peer=tuple(pair[1] for pair in samples) if peer is not None else (),
    )


def comparison_row(name: str, compared: Comparison, unit: Unit, of: str, **more: Any) -> dict[str, Any]:
    """Medians and ratios of a comparison.

    Parameters
    ----------
    unit
        Milliseconds or seconds per item, or items per second.
    of
        What an item is, e.g. ``"face"``.
    more
        Further keys.

    Returns
    -------
    dict
        ``ratio`` says how many times as fast ours is, whichever way the unit points: the median of the
        ratios round by round, with ``ratio_range`` (least, largest); ``cpu_ratio`` the same for
        processor time. Null without a peer.
    """
    return {
        "name": name,
        "ours": median(_in_unit(s, unit) for s in compared.ours),
        "peer": median(_in_unit(s, unit) for s in compared.peer) if compared.peer else None,
        "unit": f"{of}s/s" if unit == "per_s" else f"{unit} per {of}",
        **_ratios(compared),
        "cpu_ms": median(1e3 * s.cpu_s / s.n_items for s in compared.ours),
        "peer_cpu_ms": median(1e3 * s.cpu_s / s.n_items for s in compared.peer) if compared.peer else None,
        "rounds": len(compared.ours),
        **more,
    }


def figure_row(
    name: str, ours: float | None, unit: str, *, peer: float | None = None, **more: Any
) -> dict[str, Any]:
    """A figure that is no time: no ratio is made of it."""
    return {"name": name, "ours": ours, "peer": peer, "unit": unit, "ratio": None, **more}


def _in_unit(sample: Sample, unit: Unit) -> float:
    if unit == "per_s":
        return sample.n_items / sample.wall_s
    return sample.wall_s / sample.n_items * (1e3 if unit == "ms" else 1)


def _ratios(compared: Comparison) -> dict[str, Any]:
    if not compared.peer:
        return {"ratio": None, "ratio_range": None, "cpu_ratio": None}
    pairs = list(zip(compared.ours, compared.peer, strict=True))
    wall = [(p.wall_s / p.n_items) / (o.wall_s / o.n_items) for o, p in pairs]
    cpu = [(p.cpu_s / p.n_items) / max(o.cpu_s / o.n_items, 1e-9) for o, p in pairs]
    return {"ratio": median(wall), "ratio_range": (min(wall), max(wall)), "cpu_ratio": median(cpu)}
