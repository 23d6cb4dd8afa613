"""Text from outside on a terminal: what cannot be seen, or turns the text around, is written out."""

from __future__ import annotations

import unicodedata

__all__ = ["visible"]

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def visible(text: object) -> str:
    r"""The text with control, invisible and direction signs as escapes.

    >>> visible("Ada\x1b[2J\u202e")
    'Ada\\x1b[2J\\u202e'
    """
    return "".join(_escape(sign) if unicodedata.category(sign) in _UNSEEN else sign for sign in str(text))


def _escape(sign: str) -> str:
    return f"\\x{ord(sign):02x}" if ord(sign) < 128 else sign.encode("ascii", "backslashreplace").decode()
