"""A study of groups as plain numbers, as plots and as a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from lfr_kit.evaluation.group_findings import GroupComparison, GroupRate
from lfr_kit.evaluation.group_study import GroupStudy
from lfr_kit.evaluation.run_folder import RunContent
from lfr_kit.evaluation.trial_figures import PROTOCOL, rate_fields
from lfr_kit.evaluation.trial_run import Prepared, sources_of
from lfr_kit.plots.svg import Draw, plot_of, svg_of
from lfr_kit.plots.tpir_by_group import tpir_by_group
from lfr_kit.reports.run_page import RunPage, RunTable, render_run_page

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["group_content", "group_figures"]

_NOTES = (
    "Groups are what people said of themselves; nobody's group was inferred.",
    "Between every two groups: Fisher's exact test; and since passes of one person are not independent, nor two "
    "people who alert to each other, a test by permuting people, and Fisher's of counts taken down to what they "
    "are worth; the largest p counts, adjusted after Holm over all pairs. Ratios are against the geometric mean "
    "of all groups, their intervals by what counts are worth. Intervals of rates are exact (Clopper-Pearson) and "
    "take passes for independent.",
    "A significant difference shows at this threshold, on these lists. No difference seen is not no difference.",
)


def group_figures(study: GroupStudy, space_id: str, score_scale: str) -> dict[str, Any]:
    """Counts, intervals, tests and sentences by measure; no name, no label of one person."""
    return {
        "protocol": PROTOCOL,
        "space_id": space_id,
        "score_scale": score_scale,
        "kind": study.plan.kind,
        "threshold": study.threshold,
        "threshold_is_chosen": study.plan.threshold is None,
        "fpir_asked": study.plan.fpir,
        "n_people": dict(study.n_people),
        "n_mixed": study.n_mixed,
        "n_matched": study.n_matched,
        "measures": {name: _comparison(each) for name, each in study.comparisons.items()},
        "threshold_for_equal_fpir": dict(study.equal_fpir),
    }


def _comparison(found: GroupComparison) -> dict[str, Any]:
    return {
        "groups": [_group(each) for each in found.groups],
        "pairs": [asdict(pair) for pair in found.pairs],
        "max_min_ratio": found.max_min_ratio,
        "gap": found.gap,
        "detectable_ratio": found.detectable_ratio,
        "detectable_difference": found.detectable_difference,
        "alpha": found.alpha,
        "power": found.power,
        "verdict": found.verdict,
    }


def _group(each: GroupRate) -> dict[str, Any]:
    return {
        "group": each.name,
        **rate_fields(each.rate),
        "n_people": each.n_people,
        "ratio_to_mean": each.ratio_to_mean,
        "ratio_to_mean_interval": each.ratio_to_mean_interval and list(each.ratio_to_mean_interval),
        "why_not_compared": each.why_not_compared,
    }


def group_content(prepared: Prepared, study: GroupStudy, score_scale: str) -> RunContent:
    """The run of a study of groups on that scale, with plots and page."""
    manifest, plan = prepared.manifest, asdict(study.plan) | {"score_scale": score_scale}
    figures = group_figures(study, prepared.templates.passes.space_id, score_scale)
    drawings = _drawings(study)
    return RunContent(
        kind="groups",
        trial_id=manifest.trial_id,
        manifest={"data": manifest.data, "counts": manifest.counts(), "plan": plan},
        sources=sources_of(prepared, plan),
        figures=figures,
        plots={_file_name(name): svg_of(draw, _file_name(name), is_file=True) for name, draw in drawings.items()},
        report=render_run_page(_page(prepared, study, drawings)),
    )


def _file_name(measure: str) -> str:
    return "own-group" if "own group" in measure else "mixed" if "mixed" in measure else "found"


def _drawings(study: GroupStudy) -> dict[str, Draw]:
    return {name: _drawing(name, each) for name, each in study.comparisons.items()}


def _drawing(name: str, found: GroupComparison) -> Draw:
    rates = {each.name: each.rate for each in found.groups}
    short = "TPIR" if "TPIR" in name else "FPIR"

    def draw(axes: Axes) -> str:
        return tpir_by_group(axes, rates, name=short)

    return draw


def _page(prepared: Prepared, study: GroupStudy, drawings: Mapping[str, Draw]) -> RunPage:
    manifest = prepared.manifest
    chosen = f", at which 1 in {1 / study.plan.fpir:,.0f} strangers alert" if study.plan.threshold is None else ""
    return RunPage(
        title=f"Groups by {study.plan.kind}: {manifest.trial_id}",
        lede=f"At threshold {study.threshold:.4f}{chosen}. {prepared.stages.why}.",
        verdict=[f"{name}: {verdict}." for name, verdict in study.verdicts.items()],
        tables=[*(_table(name, each) for name, each in study.comparisons.items()), _equal_table(study)],
        plots=[(name, plot_of(draw, _file_name(name))) for name, draw in drawings.items()],
        notes=[manifest.data, *_NOTES],
    )


def _table(name: str, found: GroupComparison) -> RunTable:
    rows = []
    for each in found.groups:
        low, high = each.interval
        ratio, ends = each.ratio_to_mean, each.ratio_to_mean_interval
        within = "" if ends is None else f" ({ends[0]:.2f} to {ends[1]:.2f})"
        rows.append(
            (
                each.name,
                f"{each.n_people or 0:,}",
                f"{each.rate.count:,} of {each.rate.trials:,}",
                "–" if each.rate.value is None else f"{each.rate.value:.4f} ({low:.4f} to {high:.4f})",
                each.why_not_compared or ("–" if ratio is None else f"{ratio:.2f}") + within,
            )
        )
    columns = ("group", "people", "counted", "rate (95 %)", "against the mean of groups (95 %)")
    return RunTable(f"{name}.", columns, rows)


def _equal_table(study: GroupStudy) -> RunTable:
    rows = [
        (group, "too few searches to say" if threshold is None else f"{threshold:.4f}")
        for group, threshold in study.equal_fpir.items()
    ]
    caption = f"Threshold at which 1 in {1 / study.plan.fpir:,.0f} strangers of each group alert, on mixed lists."
    return RunTable(caption, ("group", "threshold"), rows)
