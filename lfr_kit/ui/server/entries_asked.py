"""Which entries of a watchlist a page asks for, out of its address."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar, cast

from lfr_kit.errors import InputError
from lfr_kit.governance.vocabulary import Category, EntryStatus, Response
from lfr_kit.operations.watchlist_search import Order, Wanted
from lfr_kit.store.repository.entry_search import Todo

__all__ = ["MOST_ENTRIES", "SOON", "number", "wanted_entries"]

MOST_ENTRIES = 500
"""In one answer; a longer list is read in parts."""
SOON = timedelta(days=3)
"""An entry that is not searched any more after less than this is expiring."""
_LONGEST = 200
_MOST_IDS = 100
_TODO = ("", "review", "second")
_Closed = TypeVar("_Closed", bound=StrEnum)


def wanted_entries(given: Callable[[str], list[str]], by: str, now: datetime) -> Wanted:
    """What is asked for.

    Parameters
    ----------
    given
        Name of a part of the query -> what was given for it, each perhaps several values after commas: ``status
        category response reason todo alike expiring text order down entry first most``.
    by
        User id of whoever asks.
    now
        For what is expiring.

    Raises
    ------
    InputError
        If one is none of its closed list, or no whole number; the message names it.
    """
    (order,) = _closed(given, "order", Order) or (Order.ENTERED,)
    todo, reason, text = _one(given, "todo"), _one(given, "reason"), (given("text") or [""])[-1]
    if todo not in _TODO:
        raise InputError("todo: give review, second or nothing")
    if not re.fullmatch(r"[a-z0-9_]{0,40}", reason):
        raise InputError("reason: give the code of one")
    return Wanted(
        statuses=_closed(given, "status", EntryStatus),
        categories=_closed(given, "category", Category),
        responses=_closed(given, "response", Response),
        reason=reason,
        todo=cast("Todo", todo),
        by=by,
        is_alike=_one(given, "alike") == "1",
        expires_before=now + SOON if _one(given, "expiring") == "1" else None,
        text=text[:_LONGEST].strip(),
        order=order,
        is_descending=_one(given, "down") == "1",
        entry_ids=tuple(_all(given, "entry")[:_MOST_IDS]),
        first=number(given, "first", 0, 1_000_000),
        most=number(given, "most", 100, MOST_ENTRIES),
    )


def number(given: Callable[[str], list[str]], name: str, default: int, most: int) -> int:
    """A whole number from 0 on, at most `most`. InputError if it is none."""
    said = _one(given, name) or str(default)
    if not said.isascii() or not said.isdigit() or len(said) > 9:
        raise InputError(f"{name}: give a whole number")
    return min(int(said), most)


def _all(given: Callable[[str], list[str]], name: str) -> list[str]:
    return [part for value in given(name) for part in value.split(",") if part]


def _one(given: Callable[[str], list[str]], name: str) -> str:
    return (_all(given, name) or [""])[-1]


def _closed(given: Callable[[str], list[str]], name: str, kind: type[_Closed]) -> tuple[_Closed, ...]:
    try:
        return tuple(kind(one) for one in _all(given, name))
    except ValueError:
        raise InputError(f"{name}: give some of {', '.join(kind)}") from None
