"""Checking the audit chain: which entries were changed, removed, inserted or moved.

    check = ChainCheck(head, opens)
    for link in links:             one pass in order of seq, constant memory
        check.add(link)
    report = check.report()

An entry is suspect if its hash is not that of its fields, or if its seal does not open for its place. What
became of it follows from where it was written: if its seal opens for another place it was *moved*; if not, and
the true entry of its place was found elsewhere, it was *inserted*; else it was *changed*. Places between 1 and
the head whose entry was found nowhere were *removed*. Without the key (`opens` not given) the hash takes the
seal's part, which whoever rewrites all that follows can mend; then only the head tells, but not which entry.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from lfr_kit.governance.audit import GENESIS, Head, Link, chain_hash, identity

__all__ = ["ChainCheck", "ChainReport", "Finding", "FindingKind", "check_chain"]

BACKWARDS_TOLERANCE_S = 5.0
"""Entries of people who write at the same moment may bear times this much out of order."""

_MOST_SUSPECTS = 400
_LAST_SUSPECTS = 50
_MOST_WARNINGS = 100

Opens = Callable[[str, bytes], bool]
"""Whether sealed details open for an entry's `identity`."""


class FindingKind(StrEnum):
    """What was done to the chain."""

    CHANGED = "changed"
    REMOVED = "removed"
    INSERTED = "inserted"
    MOVED = "moved"
    HEAD = "head"
    CLOCK = "clock"


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    Attributes
    ----------
    kind
        What was done.
    seq, last_seq
        Which entry, or the first and last of several; 0 for the head.
    message
        In a sentence.
    """

    kind: FindingKind
    seq: int
    last_seq: int
    message: str


@dataclass(frozen=True)
class ChainReport:
    """What a check found.

    Attributes
    ----------
    n_entries
        Entries read.
    findings
        What is wrong, in order of seq; none if the chain is whole.
    warnings
        Where the clock ran backwards: no break of the chain.
    n_unexplained
        Suspect entries beyond those that are listed one by one.
    """

    n_entries: int
    findings: tuple[Finding, ...]
    warnings: tuple[Finding, ...] = ()
    n_unexplained: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings


def check_chain(links: Iterable[Link], head: Head | None, opens: Opens | None = None) -> ChainReport:
    """All of a chain, see `ChainCheck`."""
    check = ChainCheck(head, opens)
    for link in links:
        check.add(link)
    return check.report()


@dataclass
class ChainCheck:
    """One pass over a chain.

    Parameters
    ----------
    head
        What the store remembers of its end; None if that is gone.
    opens
        Whether sealed details open for an identity; None to check without the key.
    """

    head: Head | None
    opens: Opens | None = None
    _n_entries: int = 0
    _expected: int = 1
    _previous: tuple[str, str] | None = (GENESIS, GENESIS)
    _latest_at: str = ""
    _suspects: dict[int, Link] = field(default_factory=dict)
    _last_suspects: deque[Link] = field(default_factory=lambda: deque(maxlen=_LAST_SUSPECTS))
    _n_suspects: int = 0
    _gaps: list[tuple[int, int]] = field(default_factory=list)
    _beyond: list[int] = field(default_factory=list)
    _findings: list[Finding] = field(default_factory=list)
    _warnings: list[Finding] = field(default_factory=list)

    def add(self, link: Link) -> None:
        """The next entry."""
        self._n_entries += 1
        if link.seq != self._expected and not self._step_over(link):
            return
        entry, made = _made_anew(link)
        if not entry or made != link.hash or not (self.opens is None or self.opens(entry, link.sealed_details)):
            self._suspect(link)
        elif self._is_past_the_head(link.seq) and len(self._beyond) < _MOST_SUSPECTS:
            self._beyond.append(link.seq)
        if self._previous is not None and link.previous_hash not in self._previous:
            self._broken_between(link)
        if entry and link.at < self._latest_at:
            self._compare_times(link)
        self._latest_at = link.at if entry else ""
        self._previous = link.hash, made
        self._expected = link.seq + 1

    def report(self) -> ChainReport:
        """What was found, once all entries were added."""
        self._check_end()
        explained = self._explained()
        findings = sorted(self._findings + explained, key=lambda found: (found.seq, found.last_seq))
        listed = len({link.seq for link in (*self._suspects.values(), *self._last_suspects)})
        return ChainReport(self._n_entries, tuple(findings), tuple(self._warnings), self._n_suspects - listed)

    def _step_over(self, link: Link) -> bool:
        """Notes a gap. False if the entry stands before the one in front of it, and is done with."""
        if link.seq > self._expected:
            self._gaps.append((self._expected, link.seq - 1))
            self._previous = None
            return True
        what = FindingKind.INSERTED if link.seq < 1 else FindingKind.MOVED
        self._find(what, link.seq, f"entry {link.seq} stands after entry {self._expected - 1}")
        return False

    def _suspect(self, link: Link) -> None:
        self._n_suspects += 1
        if len(self._suspects) < _MOST_SUSPECTS:
            self._suspects[link.seq] = link
        else:
            self._last_suspects.append(link)

    def _broken_between(self, link: Link) -> None:
        """Two neighbours do not fit, though each fits itself: one was rewritten with its hash."""
        if self._is_suspect(link.seq) or self._is_suspect(link.seq - 1):
            return
        if self.opens is not None or link.seq == 1:
            self._find(
                FindingKind.CHANGED, link.seq, f"entry {link.seq}: its link to the entry before was rewritten"
            )
        else:
            before = link.seq - 1
            self._find(
                FindingKind.CHANGED, before, f"entry {before} was rewritten: {link.seq} was made over another"
            )

    def _is_suspect(self, seq: int) -> bool:
        return seq in self._suspects or any(link.seq == seq for link in self._last_suspects)

    def _compare_times(self, link: Link) -> None:
        try:
            back_s = (datetime.fromisoformat(self._latest_at) - datetime.fromisoformat(link.at)).total_seconds()
        except (TypeError, ValueError):
            return
        if back_s > BACKWARDS_TOLERANCE_S and len(self._warnings) < _MOST_WARNINGS:
            words = f"entry {link.seq}: the clock stood {back_s:,.0f} s before that of the entry before"
            self._warnings.append(Finding(FindingKind.CLOCK, link.seq, link.seq, words))

    def _check_end(self) -> None:
        head, last = self.head, self._expected - 1
        if head is None:
            self._find(FindingKind.HEAD, 0, "the head is gone: how many entries there were is not known")
        elif not head.is_genuine:
            self._find(FindingKind.HEAD, 0, "the head was changed: how many entries there were is not known")
        elif last < head.seq:
            self._gaps.append((last + 1, head.seq))
        elif last == head.seq and head.hash not in (self._previous or ()) and not self._is_suspect(last):
            words = "the last entry is not the one the head was made over: the chain was rewritten to its end"
            self._find(FindingKind.HEAD, 0, words)

    def _explained(self) -> list[Finding]:
        suspects = {**self._suspects, **{link.seq: link for link in self._last_suspects}}
        gaps = [(first, last) for first, last in map(self._within, self._gaps) if first <= last]
        missing = [seq for first, last in gaps if last - first < _MOST_SUSPECTS for seq in range(first, last + 1)]
        moved = {}
        for seq, link in suspects.items():
            near = [seq + far for far in (-1, 1, -2, 2, -3, 3)]
            written_as = self._written_as(link, dict.fromkeys([*near, *suspects, *missing]))
            if written_as:
                moved[seq] = written_as
        present = set(moved.values())
        found = [self._explain(seq, moved, present) for seq in suspects]
        found += map(_past_the_head, self._beyond)
        occupied = [(seq, seq) for seq in moved if seq not in present and seq <= self._end()]
        return found + _removed([*gaps, *(occupied if not self._last_suspects else occupied[:1])], present)

    def _explain(self, seq: int, moved: dict[int, int], present: set[int]) -> Finding:
        if seq in moved:
            return _finding(FindingKind.MOVED, seq, f"entry {seq} was moved: it was written as entry {moved[seq]}")
        if seq in present or seq > self._end():
            return _finding(FindingKind.INSERTED, seq, f"entry {seq} was inserted: the program did not write it")
        return _finding(FindingKind.CHANGED, seq, f"entry {seq} was changed after it was written")

    def _written_as(self, link: Link, candidates: Iterable[int]) -> int:
        """The place an entry was written for; 0 if none of the candidates."""
        for seq in candidates:
            entry, made = _made_anew(link._replace(seq=seq))
            if not entry or seq == link.seq:
                continue
            if self.opens(entry, link.sealed_details) if self.opens else made == link.hash:
                return seq
        return 0

    def _end(self) -> int:
        return self.head.seq if self.head is not None and self.head.is_genuine else self._expected - 1

    def _is_past_the_head(self, seq: int) -> bool:
        return self.head is not None and self.head.is_genuine and seq > self.head.seq

    def _within(self, gap: tuple[int, int]) -> tuple[int, int]:
        """A gap as far as the head knows of entries: beyond it none was ever written."""
        return gap[0], min(gap[1], self._end())

    def _find(self, kind: FindingKind, seq: int, message: str) -> None:
        if len(self._findings) < _MOST_SUSPECTS:
            self._findings.append(_finding(kind, seq, message))


def _finding(kind: FindingKind, seq: int, message: str) -> Finding:
    return Finding(kind, seq, seq, message)


def _past_the_head(seq: int) -> Finding:
    words = f"entry {seq} stands after the last that the head knows: inserted, or the head was put back"
    return _finding(FindingKind.INSERTED, seq, words)


def _made_anew(link: Link) -> tuple[str, str]:
    """An entry's identity and hash from its fields; empty if one of them is no text."""
    try:
        if isinstance(link.at, bytes):  # SQLite keeps them in a column of texts; no time compares with them
            return "", ""
        entry = identity(link.seq, link.at, link[2:7])
        return entry, chain_hash(link.previous_hash, entry, link.sealed_details)
    except (TypeError, UnicodeEncodeError):
        return "", ""


def _removed(gaps: list[tuple[int, int]], present: set[int]) -> list[Finding]:
    """The gaps without the entries that were found elsewhere."""
    found = []
    for first, last in gaps:
        start = first
        for seq in [*sorted(seq for seq in present if first <= seq <= last), last + 1]:
            if seq > start:
                which = f"entry {start} is" if seq - 1 == start else f"entries {start} to {seq - 1} are"
                found.append(Finding(FindingKind.REMOVED, start, seq - 1, f"{which} missing: removed"))
            start = seq + 1
    return found
