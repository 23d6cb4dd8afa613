"""Values out of what a browser sent, each checked: of the right kind, of the closed list, not endless."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar

from lfr_kit.errors import InputError

__all__ = ["closed", "closed_or_none", "flag", "ids", "text", "versions"]

_LONGEST_TEXT = 4_000
_MOST_IDS = 5_000
_Closed = TypeVar("_Closed", bound=StrEnum)


def text(body: Mapping[str, Any], name: str, *, is_needed: bool = False) -> str:
    """A text; empty if it was not sent. InputError if it is none, too long, or `is_needed` and empty."""
    found = body.get(name)
    if found is None:
        found = ""
    if not isinstance(found, str) or len(found) > _LONGEST_TEXT:
        raise InputError(f"{name}: send a text of at most {_LONGEST_TEXT:,} characters")
    if is_needed and not found.strip():
        raise InputError(f"{name}: is missing")
    return found


def flag(body: Mapping[str, Any], name: str) -> bool:
    """Yes or no. InputError if it is neither, or was not sent."""
    found = body.get(name)
    if not isinstance(found, bool):
        raise InputError(f"{name}: send true or false")
    return found


def closed(body: Mapping[str, Any], name: str, kind: type[_Closed]) -> _Closed:
    """A value of a closed list. InputError, with the list, if it is none."""
    found = closed_or_none(body, name, kind)
    if found is None:
        raise InputError(f"{name}: send one of {', '.join(kind)}")
    return found


def closed_or_none(body: Mapping[str, Any], name: str, kind: type[_Closed]) -> _Closed | None:
    """As `closed`; None if it was not sent or is empty."""
    said = text(body, name)
    if not said:
        return None
    try:
        return kind(said)
    except ValueError:
        raise InputError(f"{name}: {said[:40]!a} is none of {', '.join(kind)}") from None


def ids(body: Mapping[str, Any], name: str) -> list[str]:
    """Some ids. InputError if it is no list of texts, or empty."""
    found = body.get(name)
    if not isinstance(found, list) or not found or len(found) > _MOST_IDS:
        raise InputError(f"{name}: send a list of 1 to {_MOST_IDS:,} ids")
    if not all(isinstance(one, str) and len(one) <= 120 for one in found):
        raise InputError(f"{name}: an id is a text")
    return found


def versions(body: Mapping[str, Any], name: str) -> dict[str, int]:
    """Entry id -> the version that was seen. InputError if it is no such object, or empty."""
    found = body.get(name)
    if not isinstance(found, dict) or not found or len(found) > _MOST_IDS:
        raise InputError(f"{name}: send an object of entry ids and the versions you saw")
    if not all(isinstance(version, int) and not isinstance(version, bool) for version in found.values()):
        raise InputError(f"{name}: a version is a whole number")
    return found
