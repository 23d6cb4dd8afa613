"""What the server keeps while it runs: the open store, threads to ask it, feeds, and who has just seen what."""

from __future__ import annotations

import asyncio
import hashlib
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from lfr_kit.config import settings
from lfr_kit.operations.starting import engine_here
from lfr_kit.store.repository.changes import Mark, mark_of
from lfr_kit.ui.server.events import DeploymentFeed
from lfr_kit.ui.server.feeds import CameraFeed, SharedFeeds
from lfr_kit.ui.server.importer import Importer
from lfr_kit.ui.server.seen import Seen
from lfr_kit.ui.server.uploads import Uploads

if TYPE_CHECKING:
    import zmq.asyncio

    from lfr_kit.governance.authority import Authority
    from lfr_kit.governance.start_checks import Engine
    from lfr_kit.store.store import Store
    from lfr_kit.ui.server.sockets import LfrSocket

__all__ = ["ServerState"]

_THREADS = 8
_SIGN_IN_THREADS = 2
"""Checking a password takes 64 MB and much of a core: more at once would let anybody starve the server."""
_ENGINE_KEPT_S = 60.0
_GOING_AWAY = 1001
"""Close code: pages then come back by themselves."""


class ServerState:
    """See the module.

    Parameters
    ----------
    store
        Open; closed with this.
    bus_dir
        Where runners publish.

    Attributes
    ----------
    pool, sign_in_pool
        Threads for the store; for passwords.
    cameras, deployments
        Feeds by (deployment, camera) and by (deployment,).
    seen
        What each session has looked at.
    sockets
        Session -> its open WebSockets.
    kernels
        Kernel -> whose it is.
    """

    def __init__(self, store: Store, bus_dir: Path) -> None:
        self.store, self.bus_dir = store, bus_dir
        self.pool = ThreadPoolExecutor(_THREADS, "store")
        self.sign_in_pool = ThreadPoolExecutor(_SIGN_IN_THREADS, "sign-in")
        self.cameras = SharedFeeds(lambda key: CameraFeed(bus_dir, key[0], key[1], self.zmq_context))
        self.deployments = SharedFeeds(self._deployment_feed)
        self.seen = Seen()
        self.sockets: defaultdict[str, set[LfrSocket]] = defaultdict(set)
        self.uploads = Uploads()
        self.importer = Importer(store.chosen)
        self.kernels: dict[str, str] = {}
        self._engines: dict[str, tuple[float, Engine]] = {}

    @cached_property
    def zmq_context(self) -> zmq.asyncio.Context:
        """One for all subscribers."""
        import zmq.asyncio

        return zmq.asyncio.Context()

    def cookie_secret(self) -> bytes:
        """Signs the cookies of whoever serves this store: they outlive a restart of the server."""
        with self.store.reading() as connection:
            key = self.store.vault.key(connection, "store")
            return hashlib.sha256(key.mac(b"the dashboards' cookies").encode()).digest()

    def engine(self, authority: Authority) -> Engine:
        """What this machine would run for an authority; looked up again after a minute."""
        at, found = self._engines.get(authority.embedder, (0.0, None))
        if found is None or monotonic() - at > _ENGINE_KEPT_S:
            found = engine_here(authority)
            self._engines[authority.embedder] = monotonic(), found
        return found

    async def tell(self, deployment_id: str, *, alerts_changed: bool = False) -> None:
        """Lets everybody who looks at a deployment know that something changed."""
        feed = self.deployments.find(deployment_id)
        if feed is not None:
            await feed.tell(alerts_changed=alerts_changed)

    def end_session(self, session: str) -> None:
        """Closes what a session has open, and forgets what it saw."""
        self.seen.forget(session)
        for socket in list(self.sockets.pop(session, ())):
            socket.end()

    def _deployment_feed(self, key: tuple[str, ...]) -> DeploymentFeed:
        (deployment_id,) = key

        async def mark() -> Mark:
            return await asyncio.wrap_future(self.pool.submit(self._mark, deployment_id))

        return DeploymentFeed(self.bus_dir, deployment_id, self.zmq_context, mark)

    def _mark(self, deployment_id: str) -> Mark:
        with self.store.reading() as connection:
            lost_after = timedelta(seconds=settings().live.presence_lost_after_s)
            return mark_of(connection, deployment_id, self.store.clock() - lost_after)

    async def close(self) -> None:
        """Lets go of everything; the store last."""
        for socket in [each for sockets in self.sockets.values() for each in sockets]:
            socket.end(_GOING_AWAY, "the server ends")
        await self.cameras.close()
        await self.deployments.close()
        await self.importer.close()
        for pool in (self.pool, self.sign_in_pool):
            pool.shutdown(wait=True, cancel_futures=True)
        if "zmq_context" in self.__dict__:
            self.zmq_context.destroy(linger=0)
        self.store.close()
