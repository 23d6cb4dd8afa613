"""The pictures of what somebody has just looked at: no further consultation, the look itself was logged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lfr_kit.errors import NotInStoreError, PermissionRefusedError
from lfr_kit.governance.adjudication import check_alert_id
from lfr_kit.governance.roles import Action, Actor, may, require
from lfr_kit.store.repository import alert_shots as shot_rows
from lfr_kit.store.repository import alerts as alert_rows
from lfr_kit.store.repository import watchlists as list_rows
from lfr_kit.store.repository.reference_pictures import pictures_of
from lfr_kit.store.repository.shown_pictures import picture_jpeg

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lfr_kit.store.store import Store

__all__ = ["alert_picture", "entry_picture", "pictures_to_see"]


def alert_picture(store: Store, actor: Actor, alert_id: str, which: str) -> bytes:
    """A picture of an alert (JPEG), for somebody whose look at it stands in its history.

    Parameters
    ----------
    which
        ``probe``, ``reference``, or ``shot-N``: the nth further picture of the same track.

    Raises
    ------
    PermissionRefusedError
        If the actor may not see alerts, or has not looked at this one.
    NotInStoreError, KeyDestroyedError
        If there is no such alert, or it is deleted.
    """
    require(actor, Action.ALERT_VIEW)
    with store.reading() as connection:
        stored = alert_rows.alert(connection, check_alert_id(alert_id))
        looks = (event for event in alert_rows.events(connection, alert_id) if event.kind == "viewed")
        if actor.user_id not in {event.actor_id for event in looks}:
            raise PermissionRefusedError(f"{actor.user_id} has not looked at alert {alert_id}; open it first")
        key = store.vault.key(connection, alert_rows.scope_of(stored))
        if which in ("probe", "reference"):
            faces = alert_rows.faces(connection, key, alert_id)
            return faces.probe_jpeg if which == "probe" else faces.reference_jpeg
        shots = {f"shot-{each.seq}": each.jpeg for each in shot_rows.of_alert(connection, key, alert_id)}
    if which not in shots:
        raise NotInStoreError(f"alert {alert_id}: there is no picture {which[:20]!r} of it")
    return shots[which]


def entry_picture(store: Store, actor: Actor, entry_id: str, picture_id: str) -> bytes:
    """A picture of a watchlist entry (JPEG), for somebody who has just been shown the list.

    Raises
    ------
    PermissionRefusedError
        If the actor may not look at watchlists.
    NotInStoreError, KeyDestroyedError
        If that entry has no such picture, or its list is deleted.
    """
    require(actor, Action.WATCHLIST_VIEW)
    with store.reading() as connection:
        entry = list_rows.entry_by_id(connection, entry_id)
        key = store.vault.key(connection, list_rows.scope(entry.watchlist_id))
        return picture_jpeg(connection, key, entry_id, picture_id)


def pictures_to_see(store: Store, actor: Actor, entry_ids: Sequence[str]) -> dict[str, str]:
    """What must have been looked at before these entries are approved: picture id -> entry id.

    All by which somebody would be searched. Nothing is told to whoever may not look at watchlists: what they then
    try is refused, and logged.
    """
    if not may(actor, Action.WATCHLIST_VIEW):
        return {}
    with store.reading() as connection:
        pictures = pictures_of(connection, entry_ids)
    return {one.picture_id: entry_id for entry_id, own in pictures.items() for one in own if not one.reasons}
