"""Deployments over the API: how they stand, the steps of those in command, who is on the ground, the record."""

from __future__ import annotations

import csv
import io
import json

import pytest
from alerted import OFFICER, OPERATOR, Opened, logged
from recorded import authority

from lfr_kit.governance.adjudication import DecisionReason, Verdict
from lfr_kit.governance.published_record import COLUMNS
from lfr_kit.operations.adjudication import decide
from lfr_kit.operations.alerts import raise_alert, view

WHY = {"reason": "the signs at the north entrance have fallen over"}


@pytest.fixture
def opened(served):
    """An open deployment for one test."""
    return Opened(served.store, f"D-{served.store.clock():%H%M%S%f}"[:12], authority())


def test_deployments_are_listed_without_any_cameras_source(served, opened):
    answer = served.browser("analyst").get("lfr/api/deployments")
    found = {each["deployment_id"]: each for each in answer.json()["deployments"]}
    assert found[opened.deployment_id]["cameras"][1] == {
        "camera_id": "north-2", "zone": [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]],
    }  # fmt: skip
    detail = served.browser("analyst").get(f"lfr/api/deployments/{opened.deployment_id}")
    for text in (answer.text, detail.text):
        assert "rtsp" not in text
        assert "secret" not in text


def test_a_pause_is_taken_in_ones_own_name_and_the_reason_kept_for_whoever_asks_why(served, opened):
    path = f"lfr/api/deployments/{opened.deployment_id}"
    assert served.browser("operator").post(f"{path}/pause", WHY).json()["state"] == "paused"
    plain = served.browser("analyst").get(path).json()
    assert (plain["history"][-1]["step"], plain["history"][-1]["by"]) == ("pause", "operator")
    assert "reason" not in plain["history"][-1]
    told = served.browser("silver").get(path, headers={"X-LFR-Reason": "handover"}).json()
    assert told["history"][-1]["reason"] == WHY["reason"]
    looks = [row for row in logged(served.store, "deployment.view") if row.actor_id == "silver"]
    assert looks[-1].subject == f"deployment:{opened.deployment_id}"


def test_a_step_without_a_reason_is_refused(served, opened):
    answer = served.browser("operator").post(f"lfr/api/deployments/{opened.deployment_id}/pause", {"reason": "  "})
    assert answer.status_code == 400


def test_what_refuses_a_start_is_told_one_by_one(served, opened):
    path = f"lfr/api/deployments/{opened.deployment_id}"
    served.browser("silver").post(f"{path}/pause", WHY)
    answer = served.browser("silver").post(f"{path}/resume", WHY)
    assert (answer.status_code, answer.json()["error"]["kind"]) == (403, "AuthorityError")
    assert len(answer.json()["error"]["findings"]) > 1
    assert served.browser("silver").get(path).json()["refusals"]


def test_a_step_from_the_wrong_state_is_a_conflict(served, opened):
    path = f"lfr/api/deployments/{opened.deployment_id}"
    assert served.browser("bronze").post(f"{path}/close", WHY).json()["state"] == "closed"
    assert served.browser("bronze").post(f"{path}/pause", WHY).status_code == 409


def test_there_is_no_deployment_of_a_name_nobody_gave(served):
    silver = served.browser("silver")
    for path in ("", "/alerts", "/record", "/presence"):
        assert silver.get(f"lfr/api/deployments/D-nowhere{path}").status_code == 404
    assert silver.post("lfr/api/deployments/D-nowhere/pause", WHY).status_code == 404


def test_the_vocabulary_offers_for_each_verdict_its_own_reasons(served):
    found = served.browser("operator").get("lfr/api/vocabulary").json()
    dismissed, viable = found["verdicts"]
    assert {each["value"] for each in dismissed["reasons"]}.isdisjoint(each["value"] for each in viable["reasons"])
    assert all(each["label"] for values in found.values() for each in values)


def test_officers_check_in_are_heard_of_and_check_out(served, opened):
    officer, silver = served.browser("officer"), served.browser("silver")
    path = f"lfr/api/deployments/{opened.deployment_id}/presence"
    assert silver.get(path).json()["present"] == []
    assert officer.post(f"{path}/heartbeat").status_code == 409
    (me,) = officer.post(f"{path}/check-in", {"team": "North", "camera_id": "north-1"}).json()["present"]
    assert (me["user_id"], me["team"], me["camera_id"], me["is_me"]) == ("officer", "North", "north-1", True)
    assert officer.post(f"{path}/heartbeat").status_code == 200
    assert [each["is_me"] for each in silver.get(path).json()["present"]] == [False]
    for step in ("check-in", "heartbeat", "check-out"):
        assert silver.post(f"{path}/{step}", {"team": "North"}).status_code == 403
    assert officer.post(f"{path}/check-out").json()["present"] == []


def with_alerts(served, opened: Opened) -> Opened:
    """One alert dismissed, one nobody has looked at."""
    first = raise_alert(served.store, opened.deployment_id, opened.alert(0))
    raise_alert(served.store, opened.deployment_id, opened.alert(1))
    view(served.store, OPERATOR, first)
    decide(served.store, OPERATOR, first, Verdict.DISMISSED, DecisionReason.DIFFERENT_PERSON)
    return opened


def test_the_record_has_both_rates_and_nobody_in_it(served, opened):
    with_alerts(served, opened)
    path = f"lfr/api/deployments/{opened.deployment_id}/record"
    found = served.browser("silver").get(path).json()
    assert list(found["row"]) == list(COLUMNS)
    over_faces, over_alerts = found["rates"]
    assert (over_faces["denominator"], over_faces["count"], over_faces["value"]) == ("faces seen", 1, None)
    assert (over_alerts["count"], over_alerts["of"], over_alerts["value"]) == (1, 1, 1.0)
    assert over_alerts["interval"][1] == 1.0
    assert [each["truth"] for each in found["alerts"]] == ["false_unconfirmed", None]
    assert [each["comparison_score"] for each in found["similarities"]] == [0.71], "of the decided one only"
    assert "Sought Person" not in json.dumps(found)
    assert served.browser("analyst").get(path).json()["similarities"] is None


def test_the_record_is_taken_away_as_a_file(served, opened):
    analyst, path = served.browser("analyst"), f"lfr/api/deployments/{opened.deployment_id}/record"
    answer = analyst.get(f"{path}.csv")
    assert answer.headers["content-disposition"] == f'attachment; filename="record-{opened.deployment_id}.csv"'
    assert next(iter(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")))))[: len(COLUMNS)] == list(COLUMNS)
    assert analyst.get(f"{path}.json").json()
    assert "<html" in analyst.get(f"{path}.html").text
    assert analyst.get(f"{path}.exe").status_code == 404


def test_the_record_is_taken_away_as_pdf(served, opened):
    pytest.importorskip("weasyprint")
    answer = served.browser("analyst").get(f"lfr/api/deployments/{opened.deployment_id}/record.pdf")
    assert answer.status_code == 200, answer.text
    assert answer.content.startswith(b"%PDF")


def test_there_is_no_certificate_of_an_id_nobody_gave(served):
    assert served.browser("silver").get("lfr/api/certificates/C-1.html").status_code in (403, 404)


def test_an_officer_is_told_who_has_which_alert_in_hand(served):
    alert_id = served.alert()
    view(served.store, OFFICER, alert_id)
    officer = served.browser("officer")
    path = f"lfr/api/deployments/{served.deployment_id}/alerts"

    def in_hand():
        return {each["alert_id"]: each["in_hand"] for each in officer.get(path).json()["alerts"]}[alert_id]

    assert officer.post(f"lfr/api/alerts/{alert_id}/acknowledge").status_code == 200
    assert in_hand() == "officer"
    assert officer.post(f"lfr/api/alerts/{alert_id}/hand-over", {"to": ""}).status_code == 200
    assert in_hand() == ""
    everything = officer.get(f"{path}?everything=1").json()["alerts"]
    assert len(everything) >= len(officer.get(path).json()["alerts"])
