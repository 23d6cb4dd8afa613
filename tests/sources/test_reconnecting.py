"""Referee: a clock that only the test moves."""

from threading import Event

import pytest

from lfr_kit.errors import SourceLostError, SourceNotFoundError, SourceUnreadableError
from lfr_kit.sources import reconnecting as module
from lfr_kit.sources.reconnecting import Patience, reconnecting


class Clock(Event):
    """Stands for the stop event and the clock: waiting only moves time."""

    def __init__(self):
        super().__init__()
        self.now, self.pauses = 0.0, []

    def wait(self, timeout=None):
        self.pauses.append(timeout)
        self.now += timeout
        return self.is_set()


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(module.time, "monotonic", lambda: clock.now)
    return clock


def connections(*each):
    """Every call gives the next: a list of pictures, or an error."""
    left = list(each)

    def connect():
        now = left.pop(0) if left else SourceNotFoundError("away")
        if isinstance(now, Exception):
            raise now
        yield from now

    return connect


def test_reconnecting_goes_on_after_a_break(clock):
    changes = []
    pictures = reconnecting(connections([1, 2], SourceNotFoundError("x"), [3]), Patience(), clock, changes.append)
    assert [next(pictures) for _ in range(3)] == [1, 2, 3]
    assert changes == [True, False, True]


def test_reconnecting_pauses_double_up_to_the_longest_and_end_at_the_limit(clock):
    pictures = reconnecting(connections([1]), Patience(30.0), clock, lambda _: None)
    next(pictures)
    with pytest.raises(SourceLostError, match="30 s"):
        next(pictures)
    assert clock.pauses == [0.5, 1, 2, 4, 8, 8, 6.5]


def test_reconnecting_pauses_start_small_again_after_a_picture(clock):
    away = SourceNotFoundError("x")
    pictures = reconnecting(connections([1], away, away, [2], [3]), Patience(), clock, lambda _: None)
    assert [next(pictures) for _ in range(3)] == [1, 2, 3]
    assert clock.pauses == [0.5, 1, 2, 0.5]


def test_reconnecting_first_connection_fails_raises_its_error(clock):
    with pytest.raises(SourceNotFoundError, match="away"):
        next(reconnecting(connections(), Patience(), clock, lambda _: None))
    assert clock.pauses == []


def test_reconnecting_opened_but_silent_raises_unreadable(clock):
    with pytest.raises(SourceUnreadableError, match="no picture"):
        next(reconnecting(connections([]), Patience(), clock, lambda _: None))


def test_reconnecting_stopped_ends_quietly(clock):
    pictures = reconnecting(connections([1, 2, 3]), Patience(), clock, lambda _: None)
    assert next(pictures) == 1
    clock.set()
    assert list(pictures) == []
