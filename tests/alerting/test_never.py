"""The null policy."""

from __future__ import annotations

import numpy as np

from lfr_kit.alerting.never import NeverPolicy
from lfr_kit.records import CandidateList, Template


def test_sure_candidate_gives_no_alert():
    sure = CandidateList(
        probe=Template(vector=np.array([1.0]), space_id="line"),
        reference_ids=["ada"],
        similarities=np.ones(1),
        comparison_scores=np.ones(1),
        score_scale="cosine",
        n_enrolled=1,
    )
    assert NeverPolicy().decide([sure]) == []
