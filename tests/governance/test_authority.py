"""The authority: what it must say, and what it must not."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from lived import plan, plan_values
from pydantic import ValidationError

from lfr_kit.errors import AuthorityError
from lfr_kit.governance.authority import Authority, authority_digest, check_current
from lfr_kit.governance.plan_file import authority_of_json, authority_of_values
from lfr_kit.governance.vocabulary import Category, RetentionProfile

OPTIONAL = {
    "extra_categories",
    "retention_profile",
    "blind_first_look",
    "decision_limit_s",
    "recording",
    "acknowledgement",
}
EVIDENCE = {
    "crime_hotspot": {"crime_data_ref": "CD 1", "period_from": date(2026, 1, 1), "period_to": date(2026, 4, 1)},
    "missing_person_hotspot": {"missing_person_ref": "MISPER 26/1"},
    "pso_cni": {"designation": "CNI 14, Wexcombe reservoir"},
    "pso_event": {"event_name": "May Fair", "operation_ref": "OP 3"},
    "specific_intelligence": {"intelligence_ref": "INT 2026/88"},
}


def findings(**changes) -> tuple[str, ...]:
    with pytest.raises(AuthorityError) as refused:
        plan(**changes)
    return refused.value.findings


@pytest.mark.parametrize("name", sorted(set(Authority.model_fields) - OPTIONAL))
def test_authority_without_a_ground_is_refused_by_name(name):
    assert any(line.startswith(f"{name}: is missing") for line in findings(**{name: None}))


@pytest.mark.parametrize("name", ["dpia_ref", "equality_ref", "community_impact_ref", "policy_document_version"])
@pytest.mark.parametrize("word", ["TBC", "n/a", "N.A.", "none", "to do", "Pending"])
def test_authority_reference_that_names_nothing_may_be_drafted_and_no_more(name, word):
    (finding,) = check_current(plan(**{name: word}), date(2026, 5, 4))
    assert finding.startswith(f"{name}: '{word}' names nothing")


def test_authority_evidence_that_names_nothing_may_be_drafted_and_no_more():
    evidence = EVIDENCE["crime_hotspot"] | {"crime_data_ref": "tbc"}
    (finding,) = check_current(plan(evidence=evidence), date(2026, 5, 4))
    assert finding.startswith("evidence.crime_data_ref: 'tbc' names nothing")


def test_authority_defaults_are_the_careful_ones():
    found = plan(**dict.fromkeys(OPTIONAL))
    assert found.retention_profile is RetentionProfile.SWP
    assert found.blind_first_look is True
    assert found.extra_categories == ()


@pytest.mark.parametrize(("use_case", "evidence"), EVIDENCE.items())
def test_authority_each_use_case_takes_its_own_evidence(use_case, evidence):
    assert plan(use_case=use_case, evidence=evidence).evidence.use_case == use_case


@pytest.mark.parametrize("use_case", EVIDENCE)
def test_authority_without_the_evidence_of_its_use_case_is_refused(use_case):
    for name in EVIDENCE[use_case]:
        rest = {key: value for key, value in EVIDENCE[use_case].items() if key != name}
        assert findings(use_case=use_case, evidence=rest) == (f"evidence.{name}: is missing; it has no default",)


def test_authority_with_the_evidence_of_another_use_case_is_refused():
    found = findings(use_case="pso_event", evidence=EVIDENCE["pso_cni"])
    assert any("evidence.event_name: is missing" in line for line in found)
    assert any("evidence.designation: there is no such line" in line for line in found)
    with pytest.raises(ValidationError, match="is that of crime_hotspot, not of pso_cni"):
        Authority.model_validate({**dict(plan()), "use_case": "pso_cni"}, strict=False)


def test_authority_outside_the_closed_list_of_use_cases_is_refused_once():
    (line,) = findings(use_case="persons_of_interest")
    assert line.startswith("use_case: expected 'crime_hotspot'")


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"ends_at": datetime(2026, 5, 4, 10, 0, tzinfo=UTC)}, "ends_at: does not lie after starts_at"),
        ({"ends_at": datetime(2026, 5, 4, 9, 0, tzinfo=UTC)}, "ends_at: does not lie after starts_at"),
        ({"ends_at": datetime(2026, 5, 5, 10, 1, tzinfo=UTC)}, "ends_at: lies more than 24 hours"),
        ({"starts_at": datetime(2026, 5, 4, 10, 0)}, "starts_at: has no time zone"),
        ({"starts_at": "tomorrow"}, "starts_at: expected a date and time"),
        ({"starts_at": 1777888800}, "starts_at: expected a date and time"),
        ({"watchlist_cap": 0}, "watchlist_cap: expected greater than or equal to 1"),
        ({"watchlist_cap": 50_001}, "watchlist_cap: expected less than or equal to 50000"),
        ({"watchlist_cap": True}, "watchlist_cap: expected a valid integer"),
        ({"expected_footfall": "many"}, "expected_footfall: expected a valid integer"),
        ({"threshold": float("nan")}, "threshold: is no finite number"),
        ({"threshold": "0.962"}, "threshold: expected a valid number"),
        ({"blind_first_look": "no"}, "blind_first_look: expected true or false"),
        ({"decision_limit_s": 4.9}, "decision_limit_s: expected greater than or equal to 5"),
        ({"retention_profile": "for_ever"}, "retention_profile: expected 'swp' or 'mps'"),
        ({"schedule_8_condition": "research"}, "schedule_8_condition: expected 'statutory_purposes'"),
        ({"extra_categories": ["suspect"]}, "extra_categories: suspect need not be named"),
        ({"extra_categories": ["witness", "witness"]}, "extra_categories: names one twice"),
        ({"extra_categories": ["of_interest"]}, "extra_categories[1]: expected 'wanted_by_courts'"),
        ({"cameras": []}, "cameras: needs at least one"),
        ({"purpose": 5}, "purpose: expected text in quotes"),
        ({"place": "  "}, "place: is empty"),
        ({"place": "x" * 201}, "place: 201 characters; at most 200"),
        ({"place": "Square\u202eerauqS"}, "place: character 7 is U+202E"),
        ({"contact": "a\u200bb"}, "contact: character 2 is U+200B"),
        ({"covert": True}, "covert: there is no such line in a plan"),
        ({"treshold": 0.9}, "treshold: there is no such line in a plan (did you mean threshold?)"),
    ],
)
def test_authority_with_a_wrong_line_is_refused_in_words(changes, line):
    (found,) = findings(**changes)
    assert found.startswith(line)


def test_authority_everything_wrong_is_said_at_once():
    found = findings(necessity="tbd", threshold="high", cameras=None, place=None)
    assert [line.split(":")[0] for line in found] == ["necessity", "place", "cameras", "threshold"]


def test_authority_same_text_for_two_grounds_is_refused():
    text = plan().necessity
    (found,) = findings(proportionality=text.upper())
    assert "two are the same text" in found


@pytest.mark.parametrize("name", ["necessity", "proportionality", "less_intrusive_means"])
@pytest.mark.parametrize("text", ["necessary", "It is necessary and proportionate.", "x" * 200, "need " * 60])
def test_authority_ground_that_says_nothing_is_refused(name, text):
    (found,) = findings(**{name: text})
    assert found.startswith(f"{name}: ")


def test_authority_window_of_exactly_24_hours_is_taken():
    starts_at = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
    assert plan(starts_at=starts_at, ends_at=starts_at + timedelta(hours=24)).ends_at > starts_at


def test_authority_extra_categories_widen_the_usual_ones():
    usual = plan().allowed_categories
    assert Category.WITNESS not in usual
    assert plan(extra_categories=["witness"]).allowed_categories == usual | {Category.WITNESS}


def test_authority_is_frozen():
    with pytest.raises(ValidationError, match="frozen"):
        plan().threshold = 0.1


def test_authority_survives_json_and_keeps_its_digest():
    found = plan()
    again = authority_of_json(found.model_dump_json())
    assert again == found
    assert authority_digest(again) == authority_digest(found)


@pytest.mark.parametrize(
    "name", sorted(set(plan_values()) - {"evidence", "cameras", "use_case", "acknowledgement"})
)
def test_digest_changes_with_every_line(name):
    values = plan_values()
    other = {
        str: lambda old: "administration_of_justice" if name == "schedule_8_condition" else old + " indeed",
        bool: lambda old: not old,
        int: lambda old: old + 1,
        float: lambda old: old + 0.001,
        datetime: lambda old: old + timedelta(minutes=1),
        date: lambda old: old + timedelta(days=1),
        list: lambda _: ["witness"],
    }[type(values[name])](values[name])
    other = "mps" if name == "retention_profile" else other
    assert authority_digest(plan(**{name: other})) != authority_digest(plan())


def test_digest_holds_how_soon_alerts_must_be_acknowledged_where_it_is_not_the_usual():
    unsaid = plan_values()
    del unsaid["acknowledgement"]
    usual = authority_digest(authority_of_values(unsaid))
    assert authority_digest(plan(acknowledgement={"red_s": 30})) == usual
    others = [{"red_s": 45}, {"red_s": 0}, {"amber_s": 120}, {"green_s": 30}]
    assert len({usual, *(authority_digest(plan(acknowledgement=each)) for each in others)}) == 5


def test_digest_changes_with_zone_and_evidence():
    cameras = plan_values()["cameras"]
    moved = [{**cameras[0], "zone": "whole frame"}, cameras[1]]
    evidence = {**plan_values()["evidence"], "crime_data_ref": "another"}
    digests = {authority_digest(plan(**each)) for each in ({}, {"cameras": moved}, {"evidence": evidence})}
    assert len(digests) == 3


def test_check_current_names_a_policy_document_past_its_review():
    found = plan(policy_document_review_by=date(2026, 5, 3))
    assert check_current(found, date(2026, 5, 3)) == []
    (line,) = check_current(found, date(2026, 5, 4))
    assert "APD 3.1" in line
