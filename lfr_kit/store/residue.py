"""Finds what was deleted, should it still lie anywhere: many short marks, looked for all at once.

A mark is 16 bytes of a deleted picture, template, ciphertext or wrapped key. Whatever holds one somewhere holds
one of its eight 8-byte windows at an address divisible by eight, so only those are compared with the (sorted)
windows of all marks; a Bloom filter passes over nearly all of them before.

References
----------
B. H. Bloom, "Space/time trade-offs in hash coding with allowable errors" (1970).
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

__all__ = ["MARK_BYTES", "Hit", "Mark", "MarkKind", "ResidueSearch", "marks_of", "written_as_text"]

MARK_BYTES = 16
_WORD = 8
_CHUNK = 1 << 21
_SAMPLE = 4096
_LEAST_DIFFERENT = 12
_MULTIPLIERS = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F))
_THREE, _SEVEN = np.uint64(3), np.uint64(7)
_BITS = (1 << np.arange(8)).astype(np.uint8)
_WEB_LETTERS = bytes.maketrans(b"-_", b"+/")


class MarkKind(StrEnum):
    """What a mark is a piece of."""

    PICTURE = "picture"
    TEMPLATE = "template"
    CIPHERTEXT = "ciphertext"
    WRAPPED_KEY = "wrapped_key"


@dataclass(frozen=True)
class Mark:
    """A piece of something deleted.

    Attributes
    ----------
    kind
        Of what.
    key_id
        The data key that opens a ciphertext, the master key that unwraps a key; empty for what is in the clear.
    needle
        `MARK_BYTES` bytes.
    """

    kind: MarkKind
    key_id: str
    needle: bytes


@dataclass(frozen=True)
class Hit:
    """A mark that was found.

    Attributes
    ----------
    mark
        Its place in the list that was searched for.
    offset
        Bytes from the beginning of what was searched.
    in_base64
        Whether it stood there written in base64.
    """

    mark: int
    offset: int
    in_base64: bool = False


def marks_of(kind: MarkKind, key_id: str, whole: bytes, *, n: int = 2) -> list[Mark]:
    """Up to `n` marks spread over `whole`: never pieces that other files share, as long runs of one byte.

    The beginning of a picture is not taken (it is alike in many), that of ciphertext and keys always (random).
    """
    is_random = kind in (MarkKind.CIPHERTEXT, MarkKind.WRAPPED_KEY)
    starts = [round((len(whole) - MARK_BYTES) * i / n) for i in range(0 if is_random else 1, n + (not is_random))]
    marks = [Mark(kind, key_id, whole[start : start + MARK_BYTES]) for start in starts if start >= 0]
    return [mark for mark in dict.fromkeys(marks) if _is_telling(mark.needle)]


def written_as_text(needle: bytes) -> list[bytes]:
    """How a mark reads in base64, whatever stands before it: 16 letters for each of three alignments."""
    return [base64.b64encode(needle[skip:][: (len(needle) - skip) // 3 * 3])[:MARK_BYTES] for skip in range(3)]


def _is_telling(needle: bytes) -> bool:
    return len(needle) == MARK_BYTES and len(set(needle)) >= _LEAST_DIFFERENT


class ResidueSearch:
    """Looks for marks; in texts also for marks written in base64.

    Parameters
    ----------
    marks
        What to look for; hits name them by their place in this list.
    """

    def __init__(self, marks: Sequence[Mark]) -> None:
        self.n_marks = len(marks)
        self._marks = tuple(marks)
        self._raw = _Needles((mark.needle, place) for place, mark in enumerate(marks))

    @cached_property
    def _written(self) -> _Needles:
        """Pictures and templates as base64; ciphertext is never in a notebook."""
        shown = (MarkKind.PICTURE, MarkKind.TEMPLATE)
        pairs = ((mark.needle, place) for place, mark in enumerate(self._marks) if mark.kind in shown)
        return _Needles((text, place) for needle, place in pairs for text in written_as_text(needle))

    def in_chunks(self, chunks: Iterable[bytes]) -> list[Hit]:
        """Hits of marks as they are in one stream of bytes, in order; memory does not grow with the stream."""
        return [Hit(place, offset) for place, offset in self._raw.found_in(chunks)]

    def in_text(self, chunks: Iterable[bytes]) -> list[Hit]:
        """Hits of marks in base64, across lines and lists of lines too; offsets do not count what lies between."""
        found = self._written.found_in(map(_without_breaks, chunks))
        return [Hit(place, offset, in_base64=True) for place, offset in found]

    def in_file(self, path: Path, *, may_be_text: bool = True) -> tuple[list[Hit], int]:
        """Hits in a file, and its size in bytes.

        Parameters
        ----------
        may_be_text
            Whether a file without zero bytes at its beginning is read as text too; False for a database's.

        Raises
        ------
        OSError
            If it cannot be read.
        """
        hits = self.in_chunks(_chunks(path))
        if may_be_text:
            with path.open("rb", buffering=0) as file:
                beginning = file.read(_SAMPLE)
            if beginning and b"\0" not in beginning:
                hits += self.in_text(_chunks(path))
        return hits, path.stat().st_size


class _Needles:
    """Needles of `MARK_BYTES` bytes, looked for all at once.

    Parameters
    ----------
    needles
        Each with what it stands for.
    """

    def __init__(self, needles: Iterable[tuple[bytes, int]]) -> None:
        self._places: dict[bytes, list[int]] = {}
        for needle, place in needles:
            self._places.setdefault(needle, []).append(place)
        self._in_order = list(self._places)
        self._windows, self._owners = self._sorted_windows()
        n_bits = min(max(13, int(self._windows.size * 32).bit_length()), 27)
        self._shift = np.uint64(64 - n_bits)
        self._table = np.zeros(1 << (n_bits - 3), np.uint8)
        for multiplier in _MULTIPLIERS:
            at = self._hashes(self._windows, multiplier)
            np.bitwise_or.at(self._table, at >> _THREE, _BITS[at & _SEVEN])

    def _sorted_windows(self) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """Every 8-byte window of every needle, sorted, and ``8 * needle + start`` of each."""
        whole = np.frombuffer(b"".join(self._in_order), np.uint8).reshape(-1, MARK_BYTES)
        each = [np.ascontiguousarray(whole[:, start : start + _WORD]).view(np.uint64) for start in range(_WORD)]
        windows = np.concatenate(each, axis=1).ravel()
        order = np.argsort(windows, kind="stable")
        return windows[order], order.astype(np.int64)

    def _hashes(self, words: NDArray[np.uint64], multiplier: np.uint64) -> NDArray[np.uint64]:
        return (words * multiplier) >> self._shift

    def _pass(self, words: NDArray[np.uint64], multiplier: np.uint64) -> NDArray[np.bool_]:
        at = self._hashes(words, multiplier)
        is_set: NDArray[np.bool_] = (self._table[at >> _THREE] & _BITS[at & _SEVEN]) != 0
        return is_set

    def found_in(self, chunks: Iterable[bytes]) -> list[tuple[int, int]]:
        """What each needle found stands for, and where, in order."""
        found: set[tuple[int, int]] = set()
        kept, start = b"", 0
        for chunk in chunks if self._in_order else ():
            joined = kept + chunk
            found.update((start + begin, place) for begin, place in self._in_bytes(joined))
            overlap = min(len(joined), MARK_BYTES - 1)
            start += len(joined) - overlap
            kept = joined[len(joined) - overlap :]
        return [(place, offset) for offset, place in sorted(found)]

    def _in_bytes(self, joined: bytes) -> Iterator[tuple[int, int]]:
        words = np.frombuffer(joined, np.uint64, count=len(joined) // _WORD)
        at = np.flatnonzero(self._pass(words, _MULTIPLIERS[0]))
        at = at[self._pass(words[at], _MULTIPLIERS[1])]
        left = np.searchsorted(self._windows, words[at], side="left")
        right = np.searchsorted(self._windows, words[at], side="right")
        is_one = left < right
        for word, first, last in zip(at[is_one], left[is_one], right[is_one], strict=True):
            for owner in self._owners[first:last]:
                needle, within = divmod(int(owner), _WORD)
                begin = int(word) * _WORD - within
                wanted = self._in_order[needle]
                if begin >= 0 and joined[begin : begin + MARK_BYTES] == wanted:
                    yield from ((begin, place) for place in self._places[wanted])


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _without_breaks(chunk: bytes) -> bytes:
    """Without what may stand within written bytes: blanks, line breaks also as JSON writes them, ends of strings.

    A notebook keeps a long output as a list of its lines. The web's two letters become the ordinary ones.
    """
    return chunk.replace(b"\\n", b"").replace(b"\\r", b"").translate(_WEB_LETTERS, b"\r\n\t \"',\\")
