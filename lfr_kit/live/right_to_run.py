"""Whether who runs an engine still may: looked at again and again, for a session ends no process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lfr_kit.errors import NotInStoreError, TamperedError
from lfr_kit.governance.roles import Action, Actor, may

if TYPE_CHECKING:
    from lfr_kit.store.repository.users import User
    from lfr_kit.store.store import Store

__all__ = ["RightToRun"]


class RightToRun:
    """Of one actor in one store. Nothing is asked of an actor who was no user of it from the start.

    Raises
    ------
    TamperedError
        If the user was changed from outside.
    """

    def __init__(self, store: Store, actor: Actor) -> None:
        self._store = store
        self._user_id = actor.user_id
        self._is_user = self._user() is not None

    def why_not(self) -> str:
        """Why they may run no deployment any more; empty while they may. StoreBusyError if the store is away."""
        if not self._is_user:
            return ""
        try:
            who = self._user()
        except TamperedError as error:
            return str(error)
        if who is None:
            return f"{self._user_id}, who runs it, is no user any more"
        if not who.is_active:
            return f"{self._user_id}, who runs it, was deactivated"
        if not may(Actor(who.user_id, who.roles), Action.DEPLOYMENT_RUN):
            return f"{self._user_id}, who runs it, has no role any more that may"
        return ""

    def _user(self) -> User | None:
        from lfr_kit.store.repository.users import user

        with self._store.reading() as connection:
            try:
                return user(connection, self._store.vault.key(connection, "store"), self._user_id)
            except NotInStoreError:
                return None
