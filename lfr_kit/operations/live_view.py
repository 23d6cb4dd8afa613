"""Watching a camera live: a consultation, because the face of an open alert is not covered in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lfr_kit.errors import NotInStoreError
from lfr_kit.governance.roles import Action, Actor
from lfr_kit.governance.vocabulary import Operation
from lfr_kit.store.repository.deployments import deployment

if TYPE_CHECKING:
    from lfr_kit.store.store import Store

__all__ = ["watch_camera"]


def watch_camera(store: Store, actor: Actor, deployment_id: str, camera_id: str) -> None:
    """Notes that somebody begins to watch a camera of a deployment; whoever may see alerts may.

    Raises
    ------
    PermissionRefusedError
        If the actor may not see alerts.
    NotInStoreError
        If there is no such deployment, or its authority names no such camera.
    """
    with store.act(
        actor,
        Action.ALERT_VIEW,
        Operation.CONSULTATION,
        subject="camera",
        deployment_id=None,
        justification="live view of a deployment under its authority",
    ) as act:
        found = deployment(act.connection, act.key("store"), deployment_id)
        if camera_id not in found.authority.camera_ids:
            raise NotInStoreError(f"deployment {deployment_id}: has no camera {camera_id[:40]!a}")
        act.deployment_id = deployment_id
        act.details["camera_id"] = camera_id
