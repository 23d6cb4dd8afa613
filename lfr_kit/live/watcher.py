"""Whoever looks over a run's shoulder: told of all that is seen, as it is seen; theirs to let go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from lfr_kit.live.feeds import News
    from lfr_kit.pipeline import Step
    from lfr_kit.records import Alert

__all__ = ["NOBODY", "Nobody", "Several", "Watcher"]


class Watcher(Protocol):
    """Told in the run's own thread: what it does must be quick, and must not fail."""

    def saw(self, step: Step) -> None:
        """Frames and what the engine found in them; alerts raised in them are in the store, or wait."""
        ...

    def raised(self, alert: Alert) -> None:
        """An alert is in the store; `saw` of its step follows."""
        ...

    def heard(self, news: News) -> None:
        """Something happened to a camera; whoever was before it is forgotten, unless it has just started."""
        ...

    def lit(self) -> None:
        """Faces are compared from now on."""
        ...

    def dark(self, why: str) -> None:
        """No more, and whoever was in view is forgotten."""
        ...


class Nobody:
    """Does not look."""

    def saw(self, step: Step) -> None:
        """See `Watcher`."""

    def raised(self, alert: Alert) -> None:
        """See `Watcher`."""

    def heard(self, news: News) -> None:
        """See `Watcher`."""

    def lit(self) -> None:
        """See `Watcher`."""

    def dark(self, why: str) -> None:
        """See `Watcher`."""


class Several:
    """Tells each of several watchers, in their order."""

    def __init__(self, *watchers: Watcher) -> None:
        self._watchers = watchers

    def saw(self, step: Step) -> None:
        """See `Watcher`."""
        for each in self._watchers:
            each.saw(step)

    def raised(self, alert: Alert) -> None:
        """See `Watcher`."""
        for each in self._watchers:
            each.raised(alert)

    def heard(self, news: News) -> None:
        """See `Watcher`."""
        for each in self._watchers:
            each.heard(news)

    def lit(self) -> None:
        """See `Watcher`."""
        for each in self._watchers:
            each.lit()

    def dark(self, why: str) -> None:
        """See `Watcher`."""
        for each in self._watchers:
            each.dark(why)


NOBODY = Nobody()
"""There is no state in it: one for all."""
