"""What a run leaves in its deployment's log: cameras lit and dark, faults, its engine, faces seen by count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from typing import TYPE_CHECKING, Any

from lfr_kit.errors import AuditChainError, StoreBusyError
from lfr_kit.governance.roles import Action, Actor
from lfr_kit.governance.vocabulary import Operation

if TYPE_CHECKING:
    from lfr_kit.pipeline import Statistics
    from lfr_kit.store.store import Act, Store

__all__ = ["RunLog"]


class RunLog:
    """Writes for one run of one deployment, in the name of who runs it."""

    def __init__(self, store: Store, actor: Actor, deployment_id: str) -> None:
        self._store = store
        self._actor = actor
        self._deployment_id = deployment_id
        self._counted: Counter[str] = Counter()

    def engine(self, in_words: Mapping[str, str]) -> None:
        """Which algorithms look, and how they were set on this machine: what the authority leaves open."""
        self._append("engine", [dict(in_words)])

    def cameras(self, kind: str, camera_ids: Sequence[str], **data: Any) -> None:
        """What happened to cameras (lit, dark, fault); while the store is away, or takes no entry, unlogged."""
        self._append(kind, [{"camera_id": camera_id, **data} for camera_id in camera_ids])

    def faces_seen(self, statistics: Statistics) -> None:
        """Faces seen since the last time, by camera, with the method. StoreBusyError if the store is away."""
        new = statistics.faces_seen_by_camera - self._counted
        if not new:
            return
        method = statistics.faces_seen_method
        self._write("faces_seen", [{"camera_id": c, "n": n, "method": method} for c, n in sorted(new.items())])
        self._counted += new

    def _append(self, kind: str, of_each: Sequence[dict[str, Any]]) -> None:
        if of_each:
            with suppress(StoreBusyError, AuditChainError):
                self._write(kind, of_each)

    def _write(self, kind: str, of_each: Sequence[dict[str, Any]]) -> None:
        from lfr_kit.operations.deployment_steps import append_event

        with self._act(kind) as act:
            for data in of_each:
                append_event(act, self._deployment_id, kind, data=data)

    def _act(self, what: str) -> AbstractContextManager[Act]:
        return self._store.act(
            self._actor,
            Action.DEPLOYMENT_RUN,
            Operation.COLLECTION,
            subject=f"deployment:{self._deployment_id}",
            deployment_id=self._deployment_id,
            justification=f"deployment {self._deployment_id} under its authority: {what}",
        )
