"""How soon an alert must be acknowledged, as a plan says it."""

from __future__ import annotations

import pytest
from lived import plan_values

from lfr_kit.errors import AuthorityError
from lfr_kit.governance.acknowledgement import AcknowledgementRule
from lfr_kit.governance.plan_file import authority_of_values
from lfr_kit.governance.vocabulary import Response


def rule(**seconds: float) -> AcknowledgementRule:
    return authority_of_values(plan_values() | {"acknowledgement": seconds}).acknowledgement


def test_red_alerts_have_thirty_seconds_and_others_no_limit_unless_the_plan_says_otherwise():
    unsaid = plan_values()
    del unsaid["acknowledgement"]
    assert authority_of_values(unsaid).acknowledgement.limits == {Response.RED: 30}


def test_each_colour_has_a_limit_of_its_own_and_zero_is_none():
    assert rule(red_s=15, amber_s=120).limits == {Response.RED: 15, Response.AMBER: 120}
    assert rule(red_s=0, green_s=600.5).limits == {Response.GREEN: 600.5}


@pytest.mark.parametrize(
    ("seconds", "says"),
    [
        ({"red_s": 4.9}, "acknowledgement.red_s: nobody can answer in 4.9 s; give 5 or more, or 0 for no limit"),
        ({"red_s": -1}, "acknowledgement.red_s: expected greater than or equal to 0"),
        ({"amber_s": 3601}, "acknowledgement.amber_s: expected less than or equal to 3600"),
        ({"green_s": float("nan")}, "acknowledgement.green_s: "),
        ({"green_s": "soon"}, "acknowledgement.green_s: "),
        ({"ambre_s": 60}, "acknowledgement.ambre_s: there is no such line in a plan (did you mean amber_s?)"),
    ],
)
def test_what_is_no_limit_is_refused_with_its_line(seconds, says):
    with pytest.raises(AuthorityError) as refused:
        rule(**seconds)
    assert [line[: len(says)] for line in refused.value.findings] == [says]
