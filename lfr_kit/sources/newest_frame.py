"""A place for one item between two threads: what is not taken in time is replaced by the newer."""

from __future__ import annotations

from threading import Condition
from typing import Generic, TypeVar

__all__ = ["NewestOnly"]

Item = TypeVar("Item")


class NewestOnly(Generic[Item]):
    """Keeps the newest item; live work must not fall behind the present.

    Attributes
    ----------
    n_dropped
        How many items were replaced before anybody took them.
    """

    def __init__(self) -> None:
        self.n_dropped = 0
        self._item: Item | None = None
        self._changed = Condition()
        self._is_ended = False
        self._error: Exception | None = None

    def put(self, item: Item) -> None:
        """Replaces what is there. Nothing is kept after `end`."""
        with self._changed:
            if self._is_ended:
                return
            self.n_dropped += self._item is not None
            self._item = item
            self._changed.notify_all()

    def end(self, error: Exception | None = None) -> None:
        """No more items; `error` is raised in the taker after the last one."""
        with self._changed:
            if not self._is_ended:
                self._is_ended, self._error = True, error
            self._changed.notify_all()

    def stop(self) -> None:
        """No more items, and the one that waits is let go."""
        with self._changed:
            self._item = None
            self._is_ended = True
            self._changed.notify_all()

    def take(self) -> Item | None:
        """Waits for an item newer than the last one taken; None after the end.

        Raises
        ------
        Exception
            The one given to `end`.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._is_ended or self._item is not None)
            item, self._item = self._item, None
            if item is None and self._error is not None:
                raise self._error
            return item
