"""Opens a live camera again and again, with growing pauses, until it is given up."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from threading import Event

from lfr_kit.errors import SourceError, SourceLostError, SourceUnreadableError
from lfr_kit.sources.connection import Pictures

__all__ = ["Patience", "reconnecting"]


@dataclass(frozen=True)
class Patience:
    """How long a lost camera is waited for.

    Attributes
    ----------
    give_up_after_s
        Seconds since the last picture.
    first_pause_s, longest_pause_s
        The pause before the first new attempt; each next one is twice as long, up to the longest.
    """

    give_up_after_s: float = 30.0
    first_pause_s: float = 0.5
    longest_pause_s: float = 8.0


def reconnecting(
    connect: Callable[[], Pictures], patience: Patience, stop: Event, on_change: Callable[[bool], None]
) -> Pictures:
    """Pictures of one connection after the other.

    Parameters
    ----------
    connect
        Opens the camera; its pictures end, or raise SourceError, when the connection breaks.
    patience
        When to try again and when no more.
    stop
        Ends it, also in a pause.
    on_change
        Told True when pictures begin to arrive and False when they cease.

    Raises
    ------
    SourceError
        That of the first connection, if it gives no picture.
    SourceLostError
        If none came for `patience.give_up_after_s`.
    """
    last_at: float | None = None
    pause_s = patience.first_pause_s
    while not stop.is_set():
        why = "the camera stopped; check its power and network"
        try:
            for image in _until_broken(connect, stop, on_change):
                last_at, pause_s = time.monotonic(), patience.first_pause_s
                yield image
                del image
        except SourceError as error:
            if last_at is None:
                raise
            why = str(error)
        if last_at is None:
            if stop.is_set():
                return
            raise SourceUnreadableError("the camera can be opened but gives no picture; see whether it is on")
        left_s = last_at + patience.give_up_after_s - time.monotonic()
        if left_s <= 0:
            raise SourceLostError(_lost(why, patience.give_up_after_s))
        stop.wait(min(pause_s, left_s))
        pause_s = min(2 * pause_s, patience.longest_pause_s)


def _lost(why: str, after_s: float) -> str:
    if not after_s:
        return why
    return (
        f"the camera stopped and did not come back within {after_s:g} s; "
        "check its power and network, or raise give_up_after_s"
    )


def _until_broken(connect: Callable[[], Pictures], stop: Event, on_change: Callable[[bool], None]) -> Pictures:
    is_connected = False
    try:
        with closing(connect()) as pictures:
            for image in pictures:
                if not is_connected:
                    is_connected = True
                    on_change(True)
                yield image
                del image
                if stop.is_set():
                    return
    finally:
        if is_connected:
            on_change(False)
