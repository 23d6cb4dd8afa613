"""Evaluation: runs side by side, the price of a budget of false alerts, the calibrations the store knows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from lfr_kit.config import settings
from lfr_kit.errors import InputError
from lfr_kit.evaluation.compare_runs import differences_between
from lfr_kit.governance.roles import Action, Actor, require
from lfr_kit.governance.threshold_price import Question
from lfr_kit.operations.calibrations import known_calibrations
from lfr_kit.ui.server import evaluation_values as values
from lfr_kit.ui.server.base import ApiHandler

if TYPE_CHECKING:
    from lfr_kit.store.store import Store

__all__ = ["EvaluationHandler", "EvaluationPlotHandler", "EvaluationPriceHandler"]

_MOST_CHOSEN = 6


class _Handler(ApiHandler):
    @property
    def runs_dir(self) -> Path:
        """Where runs lie, as the settings say."""
        return settings().trials.runs_dir

    def question(self) -> Question:
        """The deployment thought of. InputError if a number is missing or out of range."""
        return Question(self._number("list"), self._number("budget"), self._number("footfall"))

    def chosen(self) -> list[str]:
        """Names of the runs asked about. InputError if there are none, or more than can be told apart."""
        names = list(dict.fromkeys(self.get_query_arguments("run")))
        if not 1 <= len(names) <= _MOST_CHOSEN:
            raise InputError(f"run: choose 1 to {_MOST_CHOSEN} runs, got {len(names)}")
        return names

    def _number(self, name: str) -> int:
        text = self.get_query_argument(name, "")
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            raise InputError(f"{name}: needs a whole number")
        return int(text)


class EvaluationHandler(_Handler):
    """What there is."""

    async def get(self) -> None:
        """Runs and calibrations."""
        self.reply(await self.work(_overview, self.state.store, self.actor, self.runs_dir))


class EvaluationPriceHandler(_Handler):
    """A budget and its price."""

    async def get(self) -> None:
        """Per run the threshold, what it finds and what it raises; and why runs may not be compared."""
        names, question = self.chosen(), self.question()
        self.reply(await self.work(_prices, self.actor, self.runs_dir, names, question))


class EvaluationPlotHandler(_Handler):
    """A plot: an <svg> element as text, which a page shows as an image, so that nothing in it can act."""

    async def get(self, name: str) -> None:
        """Drawn wide, or narrow for a telephone."""
        names, question = self.chosen(), self.question()
        is_narrow = self.get_query_argument("width", "wide") == "narrow"
        drawn = await self.work(_plot, self.actor, self.runs_dir, names, question, (name, is_narrow))
        self.reply(drawn)


def _overview(store: Store, actor: Actor, runs_dir: Path) -> dict[str, Any]:
    require(actor, Action.EVALUATION_VIEW)
    with store.reading() as connection:
        known = known_calibrations(connection)
    now = store.clock()
    return {
        "runs": values.runs_in(runs_dir),
        "calibrations": [values.calibration_values(each, now.date()) for each in known],
        "plots": list(values.PLOTS),
        "now": now,
    }


def _prices(actor: Actor, runs_dir: Path, names: list[str], question: Question) -> dict[str, Any]:
    require(actor, Action.EVALUATION_VIEW)
    found = values.priced([values.run_at(runs_dir, name) for name in names], question)
    return {
        "prices": values.price_values(found),
        "differences": differences_between([each.run for each in found]) if len(found) > 1 else [],
    }


def _plot(
    actor: Actor, runs_dir: Path, names: list[str], question: Question, which: tuple[str, bool]
) -> dict[str, str]:
    require(actor, Action.EVALUATION_VIEW)
    from lfr_kit.plots.style import NARROW_IN, WIDE_IN
    from lfr_kit.plots.svg import drawn_file

    name, is_narrow = which
    found = values.priced([values.run_at(runs_dir, each) for each in names], question)
    draw = values.drawing_of(name, found, question)
    svg, description = drawn_file(draw, name, NARROW_IN if is_narrow else WIDE_IN)
    return {"svg": svg, "description": description}
