"""Alerts over the API: seen, decided, handed on, each under the name of who signed in; pictures after the look."""

from __future__ import annotations

import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from alerted import Opened, logged, shot
from recorded import authority

from lfr_kit.operations.alert_shots import keep_shots
from lfr_kit.operations.alerts import raise_alert
from lfr_kit.ui.server.seen import KEPT_S, Seen

VIABLE = {"verdict": "viable", "reason": "same_features"}
DISMISSED = {"verdict": "dismissed", "reason": "different_person"}


def test_an_alert_is_lived_through_by_two_people(served):
    alert_id = served.alert(2)
    operator, officer = served.browser("operator"), served.browser("officer")
    path = f"lfr/api/alerts/{alert_id}"

    listed = operator.get(f"lfr/api/deployments/{served.deployment_id}/alerts").json()["alerts"]
    assert next(each for each in listed if each["alert_id"] == alert_id)["response"] == "red"
    assert "name" not in listed[0]

    view = operator.get(path).json()
    assert (view["state"], view["is_blind"], view["score"]) == ("viewed", True, None)
    assert (view["name"], view["person_ref"], view["category"]) == ("Sought Person 2", "PNC/2", "wanted_by_courts")
    decided = operator.post(f"{path}/decide", VIABLE).json()
    assert (decided["state"], decided["truth"]) == ("viable", None)

    score = operator.get(path).json()["score"]
    assert (score["similarity"], score["n_enrolled"]) == (0.71, 3)
    assert "%" not in score["expected"].replace("95 %", "")

    assert officer.get(path).json()["score"] is not None
    assert officer.post(f"{path}/engage", {"status_rechecked": True}).json()["state"] == "engaged"
    outcome = {"truth": "true_confirmed", "outcome": "arrest", "id_method": "document", "note": "at the gate"}
    assert officer.post(f"{path}/outcome", outcome).json() == {
        "alert_id": alert_id, "state": "concluded", "truth": "true_confirmed", "outcome": "arrest", "version": 4,
    }  # fmt: skip
    review = {"truth": "true_confirmed", "outcome": "arrest", "id_method": "document", "reason": "custody record"}
    silver = served.browser("silver")
    assert silver.get(path).json()["state"] == "concluded"
    assert silver.post(f"{path}/review", review).json()["state"] == "concluded"
    who = [row.actor_id for row in logged(served.store) if row.subject == f"alert:{alert_id}"]
    assert [name for name in who if name != "system"] == [
        "operator", "operator", "operator", "officer", "officer", "officer", "silver", "silver",
    ]  # fmt: skip


def test_of_two_who_decide_at_once_one_stands_and_the_other_is_told(served):
    alert_id = served.alert()
    browsers = [served.browser("operator"), served.browser("operator-2")]
    for browser in browsers:
        browser.get(f"lfr/api/alerts/{alert_id}")
    with ThreadPoolExecutor(2) as both:
        sent = zip(browsers, (VIABLE, DISMISSED), strict=True)
        answers = list(both.map(lambda pair: pair[0].post(f"lfr/api/alerts/{alert_id}/decide", pair[1]), sent))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    told = next(answer for answer in answers if answer.status_code == 409).json()["error"]
    assert told["kind"] == "DecisionConflictError"
    assert "kept as a late one" in told["message"]


def test_of_two_who_acknowledge_at_once_one_has_it_and_the_other_is_told_who(served):
    alert_id = served.alert()
    people = ["officer", "bronze"]
    browsers = [served.browser(name) for name in people]
    with ThreadPoolExecutor(2) as both:
        path = f"lfr/api/alerts/{alert_id}/acknowledge"
        answers = list(both.map(lambda browser: browser.post(path, {"note": ""}), browsers))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    holder = people[[answer.status_code for answer in answers].index(200)]
    told = next(answer for answer in answers if answer.status_code == 409).json()["error"]
    assert told["kind"] == "DecisionConflictError"
    assert f"{holder} has it in hand since" in told["message"]


def test_who_has_an_alert_in_hand_outlives_a_server_that_is_killed(place):
    place.start()
    alert_id = place.alert(2)
    officer, bronze = place.browser("officer"), place.browser("bronze")
    assert officer.post(f"lfr/api/alerts/{alert_id}/acknowledge", {"note": "two minutes"}).status_code == 200
    assert officer.post(f"lfr/api/alerts/{alert_id}/hand-over", {"to": "bronze"}).status_code == 200
    assert bronze.post(f"lfr/api/alerts/{alert_id}/acknowledge").status_code == 200
    path = f"lfr/api/deployments/{place.deployment_id}/alerts"
    (before,) = bronze.get(path).json()["alerts"]
    assert (before["in_hand"], before["is_at_desk"]) == ("bronze", False)
    place.stop(signal.SIGKILL)
    place.start()
    (after,) = place.browser("officer").get(path).json()["alerts"]
    assert after == before
    back = {"to": "officer", "held_by": "bronze"}
    assert place.browser("bronze").post(f"lfr/api/alerts/{alert_id}/hand-over", back).status_code == 200


def test_further_pictures_are_sent_as_the_first_is(served):
    alert_id = served.alert(1)
    began = served.store.clock()
    keep_shots(served.store, alert_id, [shot(at=began + timedelta(seconds=n), seed=n) for n in (1, 2)])
    operator = served.browser("operator")
    second = f"lfr/pictures/alerts/{alert_id}/shot-2"
    assert operator.get(second).status_code == 403
    view = operator.get(f"lfr/api/alerts/{alert_id}").json()
    assert [each["picture"] for each in view["shots"]] == ["shot-1", "shot-2"]
    assert view["shots"][1]["quality"] == 80
    answer = operator.get(second)
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == ("image/jpeg", "no-store")
    assert answer.content.startswith(b"\xff\xd8")
    first = operator.get(f"lfr/pictures/alerts/{alert_id}/shot-1")
    assert first.content not in (answer.content, operator.get(f"lfr/pictures/alerts/{alert_id}/probe").content)
    assert operator.get(f"lfr/pictures/alerts/{alert_id}/shot-3").status_code == 404
    listed = operator.get(f"lfr/api/deployments/{served.deployment_id}/alerts").json()["alerts"]
    assert {each["alert_id"]: each["n_shots"] for each in listed}[alert_id] == 2


def test_a_decision_before_the_look_is_refused(served):
    answer = served.browser("operator").post(f"lfr/api/alerts/{served.alert()}/decide", VIABLE)
    assert (answer.status_code, answer.json()["error"]["kind"]) == (409, "StateError")


@pytest.mark.parametrize(
    ("step", "body"),
    [
        ("decide", {"verdict": "viable"}),
        ("decide", {"verdict": "maybe", "reason": "same_features"}),
        ("decide", {"verdict": "viable", "reason": "different_person"}),
        ("decide", {"verdict": ["viable"], "reason": "same_features"}),
        ("engage", {"status_rechecked": "yes"}),
        ("engage", {}),
        ("decline", {"reason": "raining"}),
        ("outcome", {"truth": "true_confirmed"}),
        ("outcome", {"truth": "true_unconfirmed", "outcome": "arrest"}),
    ],
)
def test_what_is_not_of_the_closed_lists_is_refused(served, step, body):
    who = "operator" if step == "decide" else "officer"
    answer = served.browser(who).post(f"lfr/api/alerts/{served.alert()}/{step}", body)
    assert (answer.status_code, answer.json()["error"]["kind"]) == (400, "InputError")


def test_pictures_are_for_who_has_looked_and_kept_by_no_browser(served):
    alert_id = served.alert(1)
    operator, other = served.browser("operator"), served.browser("operator-2")
    probe = f"lfr/pictures/alerts/{alert_id}/probe"
    assert operator.get(probe).status_code == 403
    operator.get(f"lfr/api/alerts/{alert_id}")
    answer = operator.get(probe)
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == ("image/jpeg", "no-store")
    assert answer.content.startswith(b"\xff\xd8")
    reference = operator.get(f"lfr/pictures/alerts/{alert_id}/reference")
    assert reference.content == served.opened.reference_jpeg(1)
    assert other.get(probe).status_code == 403
    assert served.browser("operator").get(probe).status_code == 403, "another session of the same person"
    assert served.browser("analyst").get(probe).status_code == 403


def test_a_picture_of_another_deployment_is_not_had_by_guessing_its_id(served):
    elsewhere = Opened(served.store, "D-0000000077", authority())
    alert_id = raise_alert(served.store, elsewhere.deployment_id, elsewhere.alert(0))
    operator = served.browser("operator")
    operator.get(f"lfr/api/alerts/{served.alert()}")
    assert operator.get(f"lfr/pictures/alerts/{alert_id}/probe").status_code == 403
    assert (
        operator.get(f"lfr/pictures/entries/{elsewhere.entry_ids[0]}/P-{elsewhere.entry_ids[0]}").status_code
        == 403
    )


def test_each_look_is_a_consultation_in_the_log_and_a_picture_is_none(served):
    alert_id, operator = served.alert(), served.browser("operator")
    for _ in range(2):
        operator.get(f"lfr/api/alerts/{alert_id}")
        operator.get(f"lfr/pictures/alerts/{alert_id}/probe")
        operator.get(f"lfr/pictures/alerts/{alert_id}/reference")
    looks = [row for row in logged(served.store, "alert.view") if row.subject == f"alert:{alert_id}"]
    assert [row.actor_id for row in looks] == ["operator", "operator"]


def test_off_duty_a_look_takes_a_reason_which_stands_in_no_address(served):
    alert_id, auditor = served.alert(), served.browser("auditor")
    path = f"lfr/api/alerts/{alert_id}"
    answer = auditor.get(path)
    assert (answer.status_code, answer.json()["error"]["kind"]) == (400, "JustificationError")
    assert auditor.get(path, headers={"X-LFR-Reason": "complaint%2026%2F4"}).status_code == 200
    assert auditor.get(path, headers={"X-LFR-Reason": "%ff%fe"}).status_code == 400
    assert auditor.get(path + "?reason=complaint").status_code == 400


def test_there_is_no_alert_of_an_id_that_nobody_has(served):
    answer = served.browser("operator").get("lfr/api/alerts/nobody-s")
    assert (answer.status_code, answer.json()["error"]["kind"]) == (404, "NotInStoreError")


def test_what_was_seen_is_forgotten_after_an_hour():
    now = [0.0]
    seen = Seen(lambda: now[0])
    seen.note("s", "alert:1", "alert:2")
    now[0] = KEPT_S
    assert seen.has("s", "alert:1")
    now[0] += 1
    assert not seen.has("s", "alert:1")
    seen.note("s", "alert:3")
    assert len(seen._at) == 1
    seen.forget("s")
    assert not seen.has("s", "alert:3")
