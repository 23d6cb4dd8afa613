"""The null matcher."""

from __future__ import annotations

import numpy as np

from lfr_kit.matching.empty import EmptyMatcher
from lfr_kit.records import Template


def test_search_finds_nobody_though_somebody_is_enrolled():
    ada = Template(vector=np.array([1.0, 0.0]), space_id="plane")
    matcher = EmptyMatcher()
    matcher.enrol(["ada"], [ada])
    found = matcher.search([ada, ada])
    assert [len(candidates) for candidates in found] == [0, 0]
    assert found[0].n_enrolled == len(matcher) == 1
    matcher.withdraw(["ada"])
    assert len(matcher) == 0
