"""What each session has just looked at: its pictures are sent for an hour, and no further look is logged."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from time import monotonic

__all__ = ["KEPT_S", "Seen"]

KEPT_S = 3600.0
_MOST = 50_000


class Seen:
    """(session, thing) -> when it was looked at, in memory.

    Parameters
    ----------
    clock
        Seconds that only rise.

    Examples
    --------
    >>> seen = Seen()
    >>> seen.note("session-1", "alert:A-1")
    >>> seen.has("session-1", "alert:A-1"), seen.has("session-2", "alert:A-1")
    (True, False)
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._at: OrderedDict[tuple[str, str], float] = OrderedDict()

    def note(self, session: str, *things: str) -> None:
        """A session looked at these, now."""
        now = self._clock()
        for thing in things:
            self._at[session, thing] = now
            self._at.move_to_end((session, thing))
        while len(self._at) > _MOST or (self._at and now - next(iter(self._at.values())) > KEPT_S):
            self._at.popitem(last=False)

    def has(self, session: str, thing: str) -> bool:
        """Whether it did, within `KEPT_S`."""
        at = self._at.get((session, thing))
        return at is not None and self._clock() - at <= KEPT_S

    def forget(self, session: str) -> None:
        """Of a session that ended."""
        for key in [key for key in self._at if key[0] == session]:
            del self._at[key]
