"""The server's end of the process that enrols pictures: started when there is something to enrol, used again."""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from lfr_kit.config import StoreSettings
from lfr_kit.errors import LfrError
from lfr_kit.ui.server.faults import WorkerLostError

__all__ = ["ImportOrder", "Importer", "RefusedImportError"]

_IDLE_S = 600.0
_LONGEST_S = 300.0
"""For one picture, the loading of the models included."""
_LONGEST_LINE = 1 << 20
_MODULE = "lfr_kit.ui.server.import_worker"


class RefusedImportError(LfrError):
    """What the other process said of a picture.

    Attributes
    ----------
    error, status
        As in an answer.
    """

    def __init__(self, error: dict[str, Any], status: int) -> None:
        super().__init__(str(error.get("message", "")))
        self.error, self.status = error, status


@dataclass(frozen=True)
class ImportOrder:
    """One picture to be entered.

    Attributes
    ----------
    token
        Of the session in whose name it is done.
    cells
        What is said of the person, by the columns of `lfr_kit.governance.import_table`.
    """

    token: str = field(repr=False)
    watchlist_id: str
    name: str
    cells: dict[str, str] = field(repr=False)
    justification: str
    content: bytes = field(repr=False)


class Importer:
    """See the module.

    Parameters
    ----------
    store
        Where the other process opens the store.
    command
        Starts it; None = as it is. Tests give another.
    """

    def __init__(self, store: StoreSettings, command: tuple[str, ...] | None = None) -> None:
        self._store = store.model_dump(mode="json")
        self._command = command or (sys.executable, "-m", _MODULE)
        self._process: Process | None = None
        self._one_at_a_time = asyncio.Lock()
        self._resting: asyncio.TimerHandle | None = None

    async def run(self, order: ImportOrder, tell: Callable[[str], None]) -> dict[str, Any]:
        """What became of a picture; `tell` hears what is being done.

        Raises
        ------
        RefusedImportError
            If it was refused, with the reason.
        WorkerLostError
            If the process ended, or took too long; the next picture starts another.
        """
        async with self._one_at_a_time:
            if self._resting is not None:
                self._resting.cancel()
            try:
                return await asyncio.wait_for(self._asked(order, tell), _LONGEST_S)
            except (OSError, EOFError, TimeoutError, ValueError, asyncio.IncompleteReadError):
                await self.close()
                raise WorkerLostError(
                    "the process that enrols pictures ended; nothing of this picture was kept: send it again"
                ) from None
            finally:
                self._rest()

    async def _asked(self, order: ImportOrder, tell: Callable[[str], None]) -> dict[str, Any]:
        process = await self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(self._line(order)).encode() + b"\n")
        process.stdin.write(order.content)
        await process.stdin.drain()
        while True:
            line = await process.stdout.readline()
            if not line:
                raise EOFError
            said = json.loads(line)
            if "done" in said:
                done: dict[str, Any] = said["done"]
                return done
            if "error" in said:
                raise RefusedImportError(said["error"], said["status"])
            tell(str(said.get("step", "")))

    def _line(self, order: ImportOrder) -> dict[str, Any]:
        return {
            "store": self._store,
            "token": order.token,
            "watchlist_id": order.watchlist_id,
            "name": order.name,
            "fields": order.cells,
            "justification": order.justification,
            "n_bytes": len(order.content),
        }

    async def _started(self) -> Process:
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                *self._command, stdin=PIPE, stdout=PIPE, limit=_LONGEST_LINE
            )
        return self._process

    def _rest(self) -> None:
        """Ends the process when there is nothing to do for a while: it takes several hundred megabytes."""
        loop = asyncio.get_running_loop()
        self._resting = loop.call_later(_IDLE_S, lambda: loop.create_task(self.close()))

    async def close(self) -> None:
        """Ends the process, if there is one."""
        process, self._process = self._process, None
        if self._resting is not None:
            self._resting.cancel()
        if process is None or process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
