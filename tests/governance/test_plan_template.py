"""The empty plan and the authority ask for the same."""

from __future__ import annotations

import re
import tomllib

import pytest

from lfr_kit.errors import AuthorityError
from lfr_kit.governance.acknowledgement import AcknowledgementRule
from lfr_kit.governance.authority import Authority
from lfr_kit.governance.camera import Camera
from lfr_kit.governance.evidence import EVIDENCE_KINDS
from lfr_kit.governance.plan_file import authority_of_plan
from lfr_kit.governance.plan_template import plan_template
from lfr_kit.governance.recording_grant import RecordingGrant


def names() -> set[str]:
    return set(re.findall(r"^(?:# )?(\w+) = ", plan_template(), re.MULTILINE))


def test_template_has_a_line_for_everything_a_plan_can_hold():
    evidence = {name for kind in EVIDENCE_KINDS.values() for name in kind.model_fields}
    tables = {"evidence", "acknowledgement", "recording", "cameras"}
    parts = (Camera, RecordingGrant, AcknowledgementRule)
    of_parts = evidence.union(*(part.model_fields for part in parts))
    assert names() == (set(Authority.model_fields) - tables) | of_parts
    assert "# [recording]" in plan_template(), "nothing is recorded unless somebody takes the # away"
    assert "[evidence]" in plan_template()
    assert "[[cameras]]" in plan_template()


def test_template_as_it_is_gives_no_reason_away():
    with pytest.raises(AuthorityError) as refused:
        authority_of_plan(plan_template().encode())
    wrong = {re.split(r"[.:\[]", line)[0] for line in refused.value.findings}
    optional = {name for name, field in Authority.model_fields.items() if not field.is_required()}
    assert wrong == set(Authority.model_fields) - optional - {"evidence"}  # asked for once the use case is given


def test_template_examples_are_values_a_plan_takes():
    for line in re.findall(r"^# (\w+ = .+)$", plan_template(), re.MULTILINE):
        if not line.endswith('= ""'):
            tomllib.loads(line)


def test_template_names_the_closed_lists():
    assert "crime_hotspot, missing_person_hotspot, pso_cni" in plan_template()
    assert "statutory_purposes, administration_of_justice" in plan_template()
