"""Search time against list size: exact and approximate, with the recall of the approximate one.

References are random directions, the hard case: nothing near anything. Probes are references moved to a
cosine of 0.75, what a second photograph of a person may reach; recall@1 is measured against exact search.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lfr_kit.benchmarks.measuring import Sample, comparison_row, figure_row, interleaved, timed
from lfr_kit.errors import SettingError
from lfr_kit.matching.annoy_index import AnnoyIndexMatcher
from lfr_kit.matching.exact import ExactMatcher
from lfr_kit.records import CandidateList, Template
from lfr_kit.stages import Matcher

__all__ = ["MatchingPlan", "bench_matching", "random_templates"]

_SPACE = "random"
_PROBE_COSINE = 0.75


@dataclass(frozen=True)
class MatchingPlan:
    """What to search.

    Attributes
    ----------
    exact_size
        References and dimensions of the exact search that is timed.
    approximate_sizes
        The same, each for exact beside approximate, smallest first.
    n_probes
        Searches per round, one probe each.
    rounds
        Of each.
    """

    exact_size: tuple[int, int] = (10_000, 512)
    approximate_sizes: tuple[tuple[int, int], ...] = ((50_000, 128), (200_000, 128))
    n_probes: int = 500
    rounds: int = 5

    def __post_init__(self) -> None:
        if min(n for size in (self.exact_size, *self.approximate_sizes) for n in (*size, self.n_probes)) < 1:
            raise SettingError("references, dimensions and probes must be at least 1")


def random_templates(
    n: int, dimension: int, *, space_id: str = _SPACE, seed: int = 0
) -> tuple[list[str], list[Template]]:
    """Ids and templates of `n` people who do not exist: random directions in an embedding space."""
    vectors = _unit(np.random.default_rng(seed).normal(size=(n, dimension)))
    return [f"random_{i}" for i in range(n)], [Template(vector=row, space_id=space_id) for row in vectors]


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float32]:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def _probes(references: Sequence[Template], n: int) -> list[Template]:
    rng = np.random.default_rng(1)
    origin = np.array([references[i].vector for i in rng.integers(0, len(references), n)], np.float64)
    aside = rng.normal(size=origin.shape)
    aside -= (aside * origin).sum(1, keepdims=True) * origin
    moved = _PROBE_COSINE * origin + np.sqrt(1 - _PROBE_COSINE**2) * _unit(aside)
    return [Template(vector=row, space_id=_SPACE) for row in _unit(moved)]


def bench_matching(plan: MatchingPlan) -> list[dict[str, Any]]:
    """Exact search at one size; approximate beside exact at others; the least size at which every round pays."""
    rows = [_exact_row(plan)]
    compared = [_approximate_rows(size, plan) for size in plan.approximate_sizes]
    pays = [
        size[0]
        for size, (row, _) in zip(plan.approximate_sizes, compared, strict=True)
        if row["ratio_range"][0] > 1
    ]
    rows += [row for pair in compared for row in pair]
    if compared:
        rows.append(figure_row("annoy_index pays from", min(pays, default=None), "references"))
    return rows


def _indexed(ids: list[str], references: list[Template]) -> tuple[AnnoyIndexMatcher, float]:
    """An index that holds everybody, and the seconds it took to build and tune."""
    matcher = AnnoyIndexMatcher()
    start = perf_counter()
    matcher.enrol(ids, references)
    if matcher.recall is None:  # so few that they would wait beside an index
        matcher.rebuild()
    return matcher, perf_counter() - start


def _one_by_one(matcher: Matcher, probes: Sequence[Template]) -> list[CandidateList]:
    return [found for probe in probes for found in matcher.search([probe])]


def _searches(matcher: Matcher, probes: Sequence[Template]) -> Sample:
    return timed(lambda: _one_by_one(matcher, probes), len(probes))


def _exact_row(plan: MatchingPlan) -> dict[str, Any]:
    n, dimension = plan.exact_size
    ids, references = random_templates(n, dimension)
    matcher, probes = ExactMatcher(), _probes(references, plan.n_probes)
    matcher.enrol(ids, references)
    compared = interleaved(lambda: _searches(matcher, probes), rounds=plan.rounds)
    return comparison_row(f"exact, {n} x {dimension}, one probe", compared, "ms", "search")


def _approximate_rows(size: tuple[int, int], plan: MatchingPlan) -> tuple[dict[str, Any], dict[str, Any]]:
    """The time of approximate search with exact search as its peer, and its recall."""
    n, dimension = size
    ids, references = random_templates(n, dimension)
    probes = _probes(references, plan.n_probes)
    exact = ExactMatcher()
    exact.enrol(ids, references)
    approximate, build_s = _indexed(ids, references)
    compared = interleaved(
        lambda: _searches(approximate, probes), lambda: _searches(exact, probes), rounds=plan.rounds
    )
    pairs = zip(_one_by_one(approximate, probes), _one_by_one(exact, probes), strict=True)
    right = sum(a.reference_ids[:1] == e.reference_ids[:1] for a, e in pairs)
    name = f"annoy_index, {n} x {dimension}, one probe"
    return (
        comparison_row(name, compared, "ms", "search", peer_name="exact", build_s=build_s),
        figure_row(
            f"annoy_index, {n} x {dimension}, recall@1",
            right / len(probes),
            "share",
            peer=1.0,
            measured_when_built=approximate.recall,
            search_k=approximate.search_k,
        ),
    )
