"""What happens in a deployment, as its pages must know it: figures, that alerts changed, state.

It is kept as it stands, not as a queue: a visitor who was away is told how it stands now, once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from lfr_kit.errors import LfrError, RecordError
from lfr_kit.live.frame_bus import ALERTS, STATUS, BusSubscriber, unpacked
from lfr_kit.ui.server.feeds import ended

if TYPE_CHECKING:
    import zmq.asyncio

    from lfr_kit.store.repository.changes import Mark

__all__ = ["SILENT_AFTER_S", "Cursor", "DeploymentFeed"]

SILENT_AFTER_S = 3.0
"""Without figures for so long, the runner counts as gone."""
_STATUS_EVERY_S = 0.45
_POLL_EVERY_S = 1.0
_LOG = logging.getLogger("lfr.server")


@dataclass
class Cursor:
    """How much one visitor was told."""

    status: int = 0
    alerts: int = 0
    deployment: Any = None
    is_there: bool | None = None


class DeploymentFeed:
    """How one deployment stands, and a way to wait until it stands otherwise.

    Parameters
    ----------
    folder, deployment_id, context
        Of the bus.
    mark
        Asks the store how far it is (`store.repository.changes.mark_of`).

    Attributes
    ----------
    status
        What the runner last told of itself; empty = nothing yet.
    """

    def __init__(
        self,
        folder: Path,
        deployment_id: str,
        context: zmq.asyncio.Context,
        mark: Callable[[], Awaitable[Mark]],
    ) -> None:
        self._mark_now = mark
        self._changed = asyncio.Condition()
        self._version = self._n_status = 0
        self._n_alerts = 1
        self.status: dict[str, Any] = {}
        self._mark: Mark | None = None
        self._is_there: bool | None = None
        self._heard_at = monotonic()
        self._subscribers = [BusSubscriber(folder, deployment_id, topic, context) for topic in (STATUS, ALERTS)]
        listening = (self._listen_to_status(), self._listen_to_alerts(), self._watch())
        self._tasks = [asyncio.create_task(each) for each in listening]

    async def changed_since(self, version: int) -> int:
        """The version once it is another."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._version != version)
            return self._version

    def news(self, cursor: Cursor) -> Iterator[dict[str, Any]]:
        """What a visitor was not told yet; as each is taken, the cursor moves on."""
        if self._is_there is not None and self._is_there is not cursor.is_there:
            cursor.is_there = self._is_there
            yield {"type": "runner", "is_there": self._is_there}
        if self._mark is not None and cursor.deployment != self._mark.deployment:
            cursor.deployment = self._mark.deployment
            yield {"type": "deployment", "state": self._mark.state}
        if cursor.alerts != self._n_alerts:
            cursor.alerts = self._n_alerts
            yield {"type": "alerts", "version": self._n_alerts}
        if cursor.status != self._n_status:
            cursor.status = self._n_status
            yield {**self.status, "type": "status"}

    async def tell(self, *, alerts_changed: bool = False) -> None:
        """Something changed, by an action of somebody here."""
        async with self._changed:
            self._n_alerts += alerts_changed
            self._version += 1
            self._changed.notify_all()

    async def close(self) -> None:
        """Listens no more."""
        for task in self._tasks:
            await ended(task)
        for subscriber in self._subscribers:
            subscriber.close()

    async def _listen_to_status(self) -> None:
        while True:
            raw = await self._subscribers[0].socket.recv()
            try:
                self.status = dict(unpacked(raw).header)
            except RecordError as error:
                _LOG.warning("figures of the runner: %s", error)
                continue
            self._heard_at, self._is_there = monotonic(), True
            self._n_status += 1
            await self.tell()
            await asyncio.sleep(_STATUS_EVERY_S)

    async def _listen_to_alerts(self) -> None:
        while True:
            await self._subscribers[1].socket.recv()
            await self.tell(alerts_changed=True)

    async def _watch(self) -> None:
        """Once a second: whether the runner is silent, and whether the store holds something new."""
        while True:
            if self._is_there is not False and monotonic() - self._heard_at > SILENT_AFTER_S:
                self._is_there = False
                await self.tell()
            try:
                mark = await self._mark_now()
            except LfrError as error:
                _LOG.debug("the store cannot be asked: %s", type(error).__name__)
            else:
                if mark != self._mark:
                    before = self._mark or mark
                    has_alerts = (mark.alerts, mark.heard_of) != (before.alerts, before.heard_of)
                    self._mark = mark
                    await self.tell(alerts_changed=has_alerts)
            await asyncio.sleep(_POLL_EVERY_S)
