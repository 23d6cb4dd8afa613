"""Grounds in words: what a plan must say, at a length at which something can be said, and without filler.

A program can tell that nothing was written, that a word was repeated, or that a sentence was copied until it was
long enough. Whether the reasons are good is for the authorising officer.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import groupby
from typing import Annotated

from pydantic import AfterValidator, Field

from lfr_kit.governance.person_text import clean_text

__all__ = ["Explanation", "Ground", "ShortText", "check_substance", "names_nothing"]

_LONGEST = 4_000
_LONGEST_SHORT = 200
_GROUND_CHARACTERS, _GROUND_WORDS = 80, 12
_EXPLANATION_CHARACTERS, _EXPLANATION_WORDS = 20, 4
_PLACEHOLDERS = frozenset({"tbc", "tbd", "todo", "xxx", "lorem", "ipsum", "asdf", "qwerty", "placeholder"})
_NO_ANSWERS = _PLACEHOLDERS | {"na", "none", "nil", "no", "pending", "unknown", "tba"}
"""Said alone, where something is to be named, these name nothing."""
_RUN = 5
"""Words in a row that count as copied if they come again and again."""
_MOST_COMMON_SHARE = 0.3
_LEAST_DIFFERENT_SHARE = 0.4
_MOST_COPIED_SHARE = 0.25


def check_substance(text: str, characters: int, words: int) -> str:
    """The text, if it says something.

    Parameters
    ----------
    text
        Clean already.
    characters, words
        Least number of letters and of different words.

    Raises
    ------
    ValueError
        If it is too short, a placeholder, or filled up by repetition; says which.

    Examples
    --------
    >>> check_substance("necessary " * 20, 80, 12)
    Traceback (most recent call last):
    ValueError: says the same word again and again; give the reasons themselves
    """
    found = re.findall(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*", text.casefold())
    if not _PLACEHOLDERS.isdisjoint(found):
        word = next(word for word in found if word in _PLACEHOLDERS)
        raise ValueError(f"holds the placeholder {word!r}; give the reasons themselves")
    n_letters = sum(map(len, found))
    if n_letters < characters:
        raise ValueError(f"{n_letters} letters in words; at least {characters} are needed to give reasons")
    if max(Counter(found).values()) > max(2, _MOST_COMMON_SHARE * len(found)):
        raise ValueError("says the same word again and again; give the reasons themselves")
    runs = [tuple(found[start : start + _RUN]) for start in range(len(found) - _RUN + 1)]
    if runs and 1 - len(set(runs)) / len(runs) > _MOST_COPIED_SHARE:
        raise ValueError("repeats its own sentences; give the reasons themselves, once")
    if len(set(found)) < max(words, _LEAST_DIFFERENT_SHARE * min(len(found), 10 * words)):
        raise ValueError(f"{len(set(found))} different words; at least {words} are needed, and no filler")
    return text


def names_nothing(text: str) -> bool:
    """Whether a text stands where something is to be named, and names nothing.

    >>> names_nothing("T.B.C."), names_nothing("n/a"), names_nothing("DPIA 2026/009, pending review")
    (True, True, False)
    """
    return "".join(re.findall(r"\w", text.casefold())) in _NO_ANSWERS


def _short(text: str) -> str:
    cleaned = clean_text(text, "text", _LONGEST_SHORT)
    if not re.search(r"\w", cleaned):
        raise ValueError("is empty; say it")
    return cleaned


def _explanation(text: str) -> str:
    return check_substance(_paragraphs(text), _EXPLANATION_CHARACTERS, _EXPLANATION_WORDS)


def _ground(text: str) -> str:
    return check_substance(_paragraphs(text), _GROUND_CHARACTERS, _GROUND_WORDS)


def _paragraphs(text: str) -> str:
    """Clean, with the line breaks of paragraphs only: where a line was broken in the file means nothing."""
    lines = clean_text(text, "text", _LONGEST, lines=True).split("\n")
    groups = [" ".join(group) for is_text, group in groupby(lines, bool) if is_text]
    return "\n".join(groups)


ShortText = Annotated[str, AfterValidator(_short)]
"""One line that names something: a place, a reference, a contact."""

Explanation = Annotated[str, AfterValidator(_explanation)]
"""A sentence or more."""

Ground = Annotated[str, AfterValidator(_ground), Field(description="at least 80 letters of reasons")]
"""Reasons on which an authority is granted: at least 80 letters, 12 different words."""
