"""Text about people: names, references and reasons must say what they seem to say, at a bearable length.

Refused are control characters, and characters that are invisible, of no width, or turn the text around them: with
these a name looks like another. What can be mended is mended: composed and decomposed letters become the same
(NFC), and every kind of space an ordinary one.

References
----------
Unicode Standard Annex 15 (normalisation forms); Unicode Technical Report 36 (text that misleads).
"""

from __future__ import annotations

import unicodedata
from itertools import groupby

from lfr_kit.errors import InputError

__all__ = ["canonical_ref", "clean_text"]

_REFUSED_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_INVISIBLE = frozenset({0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0}).union(
    range(0x180B, 0x1810), range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0)
)
"""Letters, marks and signs by category, yet nothing is seen of them."""
_MOST_MARKS = 4
"""Combining marks on one letter; no living script needs more."""


def clean_text(value: object, field: str, max_length: int, *, lines: bool = False) -> str:
    """The text in its one composed form (NFC), without space around it.

    Parameters
    ----------
    value
        What was given.
    field
        What it is, for the message, e.g. ``"name"``.
    max_length
        Most characters.
    lines
        Whether it may have several lines (a note, not a name).

    Raises
    ------
    InputError
        If it is no text, too long, or holds a character that cannot be seen or misleads; the message names the
        field and the character, and never repeats the text.

    Examples
    --------
    >>> clean_text("  Ada   Lovelace ", "name", 80)
    'Ada Lovelace'
    """
    if not isinstance(value, str):
        raise InputError(f"{field}: expected text, got {type(value).__name__}")
    if len(value) > 4 * max_length:
        raise _too_long(field, len(value), max_length)
    rows = value.replace("\r\n", "\n").split("\n") if lines else [value]
    composed = [unicodedata.normalize("NFC", row) for row in rows]
    for row in composed:
        _check_characters(row.replace("\t", " "), field)
    text = "\n".join(" ".join(row.split()) for row in composed).strip()
    if len(text) > max_length:
        raise _too_long(field, len(text), max_length)
    return text


def canonical_ref(person_ref: str) -> str:
    """An identity reference as it is compared: how it was typed (case, spaces, width) makes no other person.

    >>> canonical_ref("PNC 12/ 345a") == canonical_ref("pnc12/345A")
    True
    """
    return "".join(unicodedata.normalize("NFKC", person_ref).casefold().split())


def _check_characters(row: str, field: str) -> None:
    if row.isascii() and row.isprintable():
        return
    for place, character in enumerate(row, start=1):
        is_hidden = ord(character) in _INVISIBLE
        if is_hidden or unicodedata.category(character) in _REFUSED_CATEGORIES:
            name = unicodedata.name(character, "a control or unassigned character")
            raise InputError(
                f"{field}: character {place} is U+{ord(character):04X} ({name}), which cannot be seen or turns "
                "text around; type it again without it"
            )
    marks = (list(run) for is_mark, run in groupby(row, lambda one: unicodedata.combining(one) > 0) if is_mark)
    if any(len(run) > _MOST_MARKS for run in marks):
        raise InputError(f"{field}: more than {_MOST_MARKS} marks on one letter; type it again without them")


def _too_long(field: str, length: int, max_length: int) -> InputError:
    return InputError(f"{field}: {length:,} characters; at most {max_length:,} are taken; shorten it")
