"""Works ahead in a thread: the next items are made while the consumer is busy with the last one."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from threading import Condition, Thread
from typing import Generic, TypeVar

__all__ = ["read_ahead"]

Item = TypeVar("Item")


def read_ahead(items: Generator[Item, None, None], n_ahead: int) -> Generator[Item, None, None]:
    """The same items in the same order, made in a background thread.

    Parameters
    ----------
    items
        Runs in the thread from its first to its last step, and is closed there.
    n_ahead
        How many finished items may wait; 0 = no thread.

    Notes
    -----
    An exception in `items` is raised where its item would have come. When the consumer stops early
    (the generator is closed or let go) the thread ends after the item it is at, and nothing is kept.
    """
    if n_ahead == 0:
        yield from items
        return
    shelf = _Shelf[Item](n_ahead)
    thread = Thread(target=shelf.fill, args=(items,), name="lfr-read-ahead", daemon=True)
    thread.start()
    try:
        while shelf.wait():
            # Taken and yielded in one step: no name here keeps an item alive that the consumer let go.
            yield shelf.take()
    finally:
        shelf.stop()
        thread.join()
    shelf.raise_error()


class _Shelf(Generic[Item]):
    """Between two threads: `fill` and the rest."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._items: deque[Item] = deque()
        self._changed = Condition()
        self._is_ended = self._is_stopped = False
        self._error: BaseException | None = None

    def fill(self, items: Generator[Item, None, None]) -> None:
        try:
            self._put_all(items)
        except BaseException as error:  # handed to the consumer
            self._error = error
        finally:
            items.close()
            with self._changed:
                self._is_ended = True
                self._changed.notify_all()

    def _put_all(self, items: Generator[Item, None, None]) -> None:
        while self._has_room():
            try:
                item = next(items)
            except StopIteration:
                return
            with self._changed:
                self._items.append(item)
                self._changed.notify_all()
            del item

    def _has_room(self) -> bool:
        """Waits for room; False if nobody wants more."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_stopped or len(self._items) < self._capacity)
            return not self._is_stopped

    def wait(self) -> bool:
        """Waits for an item; False if none will come."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_ended or bool(self._items))
            return bool(self._items)

    def take(self) -> Item:
        with self._changed:
            self._changed.notify_all()
            return self._items.popleft()

    def stop(self) -> None:
        with self._changed:
            self._is_stopped = True
            self._changed.notify_all()
            self._items.clear()

    def raise_error(self) -> None:
        error, self._error = self._error, None
        if error is not None:
            raise error
