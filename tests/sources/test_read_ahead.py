"""Referee: plain lists, and threads watched from outside."""

import gc
import threading
import time
import weakref

import pytest

from lfr_kit.sources.newest_frame import NewestOnly
from lfr_kit.sources.read_ahead import read_ahead


class Thing:
    """Something a weak reference can point to."""


def count_to(n, made=None, closed=None):
    try:
        for i in range(n):
            if made is not None:
                made.append(i)
            yield i
    finally:
        if closed is not None:
            closed.append(threading.current_thread().name)


def settled(condition):
    deadline = time.monotonic() + 5
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.005)
    return condition()


@pytest.mark.parametrize("n_ahead", [0, 1, 3, 100])
def test_read_ahead_gives_the_same_in_the_same_order(n_ahead):
    assert list(read_ahead(count_to(50), n_ahead)) == list(range(50))


def test_read_ahead_works_while_the_consumer_is_busy_but_not_too_far():
    made = []
    items = read_ahead(count_to(50, made), 4)
    next(items)
    assert settled(lambda: len(made) == 5)  # one taken, four waiting
    time.sleep(0.05)
    assert len(made) == 5
    items.close()


def test_read_ahead_error_comes_after_what_was_made_before_it():
    def failing():
        yield 1
        yield 2
        raise RuntimeError("third")

    items = read_ahead(failing(), 5)
    assert [next(items), next(items)] == [1, 2]
    with pytest.raises(RuntimeError, match="third"):
        next(items)


def test_read_ahead_closed_early_closes_the_producer_in_its_thread():
    closed = []
    items = read_ahead(count_to(1000, closed=closed), 2)
    next(items)
    items.close()
    assert closed == ["lfr-read-ahead"]
    assert not [thread for thread in threading.enumerate() if thread.name == "lfr-read-ahead"]


def test_read_ahead_never_started_starts_no_thread():
    before = threading.active_count()
    read_ahead(count_to(3), 2)
    assert threading.active_count() == before


def test_read_ahead_keeps_nothing_that_was_let_go():
    def things():
        for _ in range(6):
            yield Thing()

    alive = [weakref.ref(thing) for thing in read_ahead(things(), 2)]
    gc.collect()
    assert not [reference for reference in alive if reference() is not None]


def test_newest_only_replaces_what_nobody_took_and_counts_it():
    newest = NewestOnly()
    for i in range(5):
        newest.put(i)
    assert newest.take() == 4
    assert newest.n_dropped == 4


def test_newest_only_take_waits_for_the_next():
    newest = NewestOnly()
    threading.Timer(0.05, newest.put, [7]).start()
    assert newest.take() == 7


def test_newest_only_end_gives_the_last_item_then_none():
    newest = NewestOnly()
    newest.put(1)
    newest.end()
    newest.put(2)
    assert [newest.take(), newest.take()] == [1, None]


def test_newest_only_end_with_error_raises_it_after_the_last_item():
    newest = NewestOnly()
    newest.put(1)
    newest.end(ValueError("lost"))
    assert newest.take() == 1
    with pytest.raises(ValueError, match="lost"):
        newest.take()


def test_newest_only_stop_lets_the_waiting_item_go():
    newest, thing = NewestOnly(), Thing()
    reference = weakref.ref(thing)
    newest.put(thing)
    del thing
    newest.stop()
    assert reference() is None
    assert newest.take() is None
