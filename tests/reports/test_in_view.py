from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfr_kit.errors import SettingError
from lfr_kit.reports.in_view import InView


@given(counts=st.lists(st.integers(0, 9), min_size=1, max_size=200), largest=st.sampled_from([2, 4, 10]))
def test_points_are_few_and_hide_no_peak(counts, largest):
    view = InView(largest=largest)
    for at_s, n_faces in enumerate(counts):
        view.add(float(at_s), n_faces)
    points = view.points
    assert len(points) <= largest
    starts = [int(at_s) for at_s, _ in points]
    ends = [*starts[1:], len(counts)]
    assert [n for _, n in points] == [max(counts[a:b]) for a, b in zip(starts, ends, strict=True)]
    assert starts[0] == 0
    assert len({b - a for a, b in zip(starts[:-1], ends[:-1], strict=True)}) <= 1, "equally far apart"


@pytest.mark.parametrize("largest", [0, 1, 7])
def test_limit_out_of_range_is_refused(largest):
    with pytest.raises(SettingError, match="largest"):
        InView(largest=largest)
