"""Counts of people that may be published: small ones are withheld, and so is what would give them away.

A count below 5 becomes "fewer than 5". Where the total is known and one hidden cell could be worked out from it,
the next smallest is hidden too (complementary suppression), until no hidden cell is forced to one value.

References
----------
Government Statistical Service, guidance on disclosure control for tables.
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["FEWER", "NOT_SHOWN", "SMALLEST", "publishable"]

SMALLEST = 5
FEWER = "fewer than 5"
NOT_SHOWN = "not shown"


def publishable(counts: Mapping[str, int]) -> dict[str, str]:
    """Each count as it may be printed beside the total of all, in the same order.

    >>> publishable({"a": 2, "b": 40, "c": 9})
    {'a': 'fewer than 5', 'b': '40', 'c': 'not shown'}
    >>> publishable({"a": 12, "b": 40})
    {'a': '12', 'b': '40'}
    """
    small = {name for name, n in counts.items() if n < SMALLEST}
    withheld: set[str] = set()
    larger = sorted((name for name in counts if name not in small), key=lambda name: counts[name])
    while larger and small and _is_forced(counts, small, withheld):
        withheld.add(larger.pop(0))
    return {
        name: FEWER if name in small else NOT_SHOWN if name in withheld else str(n) for name, n in counts.items()
    }


def _is_forced(counts: Mapping[str, int], small: set[str], withheld: set[str]) -> bool:
    """Whether the total leaves a small cell (0 to 4, beside withheld ones of 5 or more) only one value."""
    rest = sum(counts[name] for name in small | withheld) - SMALLEST * len(withheld)
    most = min(SMALLEST - 1, rest)
    least = 0 if withheld else max(0, rest - (SMALLEST - 1) * (len(small) - 1))
    return most == least
