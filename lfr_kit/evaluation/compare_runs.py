"""Trials side by side, and operating curves: what one algorithm or setting does that another does not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lfr_kit.errors import TableError
from lfr_kit.evaluation.run_folder import Run

__all__ = ["Comparison", "compare_runs", "differences_between"]

Figures = Mapping[str, Any]


@dataclass(frozen=True)
class Comparison:
    """Several runs, row by row.

    Attributes
    ----------
    kind
        ``trial`` or ``curve``.
    runs, score_scales
        Names of their folders, with their paths where two have one name, and on which scale each scored.
    differences
        Why they are not comparable; empty if they are.
    remarks
        What differs and may: the algorithm, its release.
    rows
        Of trials one per list size, FPIR and run; of curves one per level and run.
    """

    kind: str
    runs: tuple[str, ...]
    score_scales: tuple[str, ...]
    differences: tuple[str, ...]
    remarks: tuple[str, ...]
    rows: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class _Kind:
    """How runs of one kind are compared.

    Attributes
    ----------
    settings
        Figures that must agree, and what is said where they do not.
    places, places_named
        Where rates were measured; what these are, and how to ask for the same.
    rows
        Of one run, each with its place.
    """

    settings: Mapping[str, str]
    places: Callable[[Figures], list[str]]
    places_named: tuple[str, str]
    rows: Callable[[Figures], list[tuple[Any, dict[str, Any]]]]


def differences_between(runs: Sequence[Run]) -> list[str]:
    """Why runs of one kind are not comparable, each in a sentence; empty if they are.

    Raises
    ------
    TableError
        If they are of different kinds, or of one that is not compared.
    """
    kind, first, found = _KINDS[_kind_of(runs)], runs[0], []
    for other in runs[1:]:
        pair = f"{first.path.name} and {other.path.name}"
        if other.digests["sources"]["manifest"] != first.digests["sources"]["manifest"]:
            found.append(f"{pair} are of other people or pictures")
        for said in dict.fromkeys(kind.settings.values()):
            keys = [key for key, text in kind.settings.items() if text == said]
            if any(other.figures[key] != first.figures[key] for key in keys):
                found.append(f"{pair} {said}")
        if not set(kind.places(first.figures)) & set(kind.places(other.figures)):
            what, how = kind.places_named
            ours, theirs = (", ".join(kind.places(run.figures)) for run in (first, other))
            found.append(f"{pair} have no {what} in common ({ours}; {theirs}): give {how}")
    return found


def _kind_of(runs: Sequence[Run]) -> str:
    kinds = {run.kind for run in runs}
    if len(kinds) != 1 or not kinds <= _KINDS.keys():
        named = ", ".join(f"{run.path.name} is a run of {run.kind}" for run in runs)
        raise TableError(f"compare: two trials or more, or two curves or more; {named}")
    return kinds.pop()


def compare_runs(runs: Sequence[Run], *, anyway: bool = False) -> Comparison:
    """Puts trials, or curves, side by side.

    Parameters
    ----------
    anyway
        Whether to do so with runs that are not comparable; the reasons stand in the result.

    Raises
    ------
    TableError
        If they are fewer than two, of different kinds, or not comparable.
    """
    if not 2 <= len(runs) == len({run.path.resolve() for run in runs}):
        raise TableError("compare: needs two runs or more, each once")
    differences = differences_between(runs)
    if differences and not anyway:
        lines = "".join(f"\n  {each}" for each in differences)
        raise TableError(f"these runs are not comparable:{lines}\n(--anyway shows them all the same, and says so)")
    kind = _kind_of(runs)
    return Comparison(
        kind,
        tuple(_names(runs)),
        tuple(run.figures["score_scale"] for run in runs),
        tuple(differences),
        tuple(_remarks(runs)),
        tuple(_rows(runs, _KINDS[kind])),
    )


def _names(runs: Sequence[Run]) -> list[str]:
    count = Counter(run.path.name for run in runs)
    return [run.path.name if count[run.path.name] == 1 else str(run.path) for run in runs]


def _remarks(runs: Sequence[Run]) -> list[str]:
    found = []
    spaces = {(run.figures["space_id"], run.figures["score_scale"]) for run in runs}
    if len(spaces) > 1:
        found.append(
            "thresholds are of different embedding spaces or scales: compare TPIR at an FPIR, never thresholds"
        )
    if len(scales := {run.figures["score_scale"] for run in runs}) > 1:
        found.append(f"scores are on different scales: {', '.join(sorted(scales))}")
    gates = {str(run.versions["recipe"]["admission"]) for run in runs}
    if len(gates) > 1:
        found.append("not all runs held faces to the quality gates: failures to acquire differ for that reason")
    if len({str(run.versions["packages"]) for run in runs}) > 1:
        found.append("the runs were computed with different releases of libraries (versions.json)")
    return found


def _rows(runs: Sequence[Run], kind: _Kind) -> list[dict[str, Any]]:
    """Grouped by place, in the order in which the first run that has it measured them."""
    places = list(dict.fromkeys(place for run in runs for place, _ in kind.rows(run.figures)))
    rows = [
        (place, {"run": name, "space_id": run.figures["space_id"], **row})
        for name, run in zip(_names(runs), runs, strict=True)
        for place, row in kind.rows(run.figures)
    ]
    return [row for _, row in sorted(rows, key=lambda each: places.index(each[0]))]


def _trial_rows(figures: Figures) -> list[tuple[Any, dict[str, Any]]]:
    sizes = sorted(figures["sizes"], key=lambda size: size["n_enrolled"])
    return [
        (
            (size["n_enrolled"], point["fpir_asked"]),
            {
                "score_scale": figures["score_scale"],
                "n_enrolled": size["n_enrolled"],
                **{key: value for key, value in point.items() if key != "tpir_interval_over_draws"},
            },
        )
        for size in sizes
        for point in sorted(size["points"], key=lambda point: -point["fpir_asked"])
    ]


def _curve_rows(figures: Figures) -> list[tuple[Any, dict[str, Any]]]:
    return [((each["level"], each["n_enrolled"]), dict(each)) for each in figures["levels"]]


_DRAWS = {"draws": "drew other lists (--draws, --seed)", "seed": "drew other lists (--draws, --seed)"}
_KINDS = {
    "trial": _Kind(
        {"protocol": "were counted by two protocols", **_DRAWS},
        lambda figures: [f"{n:,}" for n in sorted(size["n_enrolled"] for size in figures["sizes"])],
        ("list size", "--sizes"),
        _trial_rows,
    ),
    "curve": _Kind(
        {
            "protocol": "were counted by two protocols",
            "condition": "are of two conditions",
            "fpir_asked": "hold strangers to two rates (--fpir)",
            **_DRAWS,
        },
        lambda figures: [f"{each['level']} with {each['n_enrolled']:,} listed" for each in figures["levels"]],
        ("level", "--levels, --enrol"),
        _curve_rows,
    ),
}
