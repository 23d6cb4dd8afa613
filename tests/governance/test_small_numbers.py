"""Small numbers stay hidden: every printed table is attacked with the arithmetic a reader can do."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from lfr_kit.governance.small_numbers import FEWER, NOT_SHOWN, SMALLEST, publishable

COUNTS = st.dictionaries(st.sampled_from("abcd"), st.integers(0, 14), min_size=1)


def possible(printed: dict[str, str], total: int) -> list[tuple[int, ...]]:
    """Every table a reader cannot rule out who knows the total."""
    ranges = [
        range(SMALLEST) if text == FEWER else range(SMALLEST, total + 1) if text == NOT_SHOWN else [int(text)]
        for text in printed.values()
    ]
    return [cells for cells in product(*ranges) if sum(cells) == total]


@given(COUNTS)
def test_publishable_small_count_is_never_printed(counts):
    printed = publishable(counts)
    assert all(printed[name] == FEWER for name, n in counts.items() if n < SMALLEST)


@given(COUNTS)
def test_publishable_hidden_count_cannot_be_worked_out_while_another_could_be_hidden(counts):
    printed = publishable(counts)
    tables = possible(printed, sum(counts.values()))
    assert tuple(counts.values()) in tables
    if any(text not in (FEWER, NOT_SHOWN) for text in printed.values()):
        for place, text in enumerate(printed.values()):
            assert text != FEWER or len({cells[place] for cells in tables}) > 1


def test_publishable_without_small_counts_hides_nothing():
    assert publishable({"a": 5, "b": 70}) == {"a": "5", "b": "70"}


def test_publishable_single_small_cell_takes_the_next_smallest_with_it():
    assert publishable({"a": 90, "b": 1, "c": 30}) == {"a": "90", "b": FEWER, "c": NOT_SHOWN}


def test_publishable_cells_that_must_all_be_four_take_another_with_them():
    assert publishable({"a": 4, "b": 4, "c": 30}) == {"a": FEWER, "b": FEWER, "c": NOT_SHOWN}


def test_publishable_cells_that_must_all_be_zero_take_another_with_them():
    assert publishable({"a": 0, "b": 0, "c": 30}) == {"a": FEWER, "b": FEWER, "c": NOT_SHOWN}
