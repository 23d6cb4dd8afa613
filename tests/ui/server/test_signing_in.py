"""Signing in and out at a browser: the store's users, its lock, its sessions."""

from __future__ import annotations

import re

import httpx
from alerted import logged
from served import PASSWORD, put_person

from lfr_kit.governance.roles import Role
from lfr_kit.operations import users
from lfr_kit.operations.sessions import FREE_FAILURES


def test_a_page_sends_whoever_is_not_signed_in_to_sign_in_and_back(served):
    browser = served.browser()
    answer = browser.get("voila/render/live.ipynb?deployment=D-1")
    assert answer.status_code == 302
    assert answer.headers["location"] == "/lfr/sign-in?next=%2Fvoila%2Frender%2Flive.ipynb%3Fdeployment%3DD-1"
    assert browser.get(answer.headers["location"]).status_code == 200


def test_who_signed_in_is_told_who_they_are_and_what_they_may(served):
    me = served.browser("operator").get("lfr/api/me").json()
    assert (me["user_id"], me["name"], me["roles"]) == ("operator", "Sgt Operator", ["lfr_operator"])
    assert "alert.adjudicate" in me["may"]
    assert "alert.engage" not in me["may"]


def test_the_cookie_is_kept_from_scripts_and_from_other_sites(served):
    cookie = served.browser().sign_in("operator").headers["set-cookie"]
    assert cookie.startswith("lfr_session=")
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.replace("; ", ";").split(";"))
    assert "expires" not in cookie.lower()


def test_a_wrong_password_and_a_name_nobody_has_are_answered_alike(served):
    wrong = served.browser().sign_in("operator", "not the password at all")
    nobody = served.browser().sign_in("nobody-there", PASSWORD)
    assert wrong.status_code == nobody.status_code == 401
    assert "lfr_session" not in wrong.headers.get("set-cookie", "")
    said = [answer.text.partition('role="alert">')[2].partition("</p>")[0] for answer in (wrong, nobody)]
    assert said[0] == said[1] != ""


def test_a_name_is_locked_after_failures_and_the_log_says_so(served):
    put_person(served.store, "locked-out", Role.ANALYST)
    for _ in range(FREE_FAILURES):
        assert served.browser().sign_in("locked-out", "not the password at all").status_code == 401
    assert served.browser().sign_in("locked-out").status_code == 401
    failures = [row for row in logged(served.store, "refused:session.sign_in") if row.actor_id == "locked-out"]
    assert len(failures) == FREE_FAILURES + 1


def test_signing_out_ends_the_session_for_whoever_copied_the_cookie(served):
    browser, copy = served.browser("operator"), served.browser()
    copy.client.cookies.update(browser.client.cookies)
    assert copy.get("lfr/api/me").status_code == 200
    assert browser.post("lfr/sign-out").status_code == 303
    assert copy.get("lfr/api/me").status_code == 401
    assert browser.get("lfr/api/me").status_code == 401


def test_refused_dashboard_says_for_whom_it_is_and_leads_to_another_account_and_back(served):
    browser, path = served.browser("operator"), "voila/render/watchlist.ipynb?deployment=D-1"
    refused = browser.get(path)
    assert refused.status_code == 403
    able = "authorising officer, gold, silver, watchlist manager, watchlist reviewer, auditor"
    assert f"your roles do not open this dashboard; Watchlist is for: {able}" in refused.text
    assert "You are signed in as operator (LFR operator)." in refused.text
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]+)">', refused.text))
    out = browser.client.post("lfr/sign-out", data=hidden, headers={"Origin": browser.origin})
    assert (out.status_code, browser.get("lfr/api/me").status_code) == (303, 401)
    form = browser.get(out.headers["location"].removeprefix("/")).text
    (again,) = re.findall(r'name="next" value="([^"]+)"', form)
    assert again == f"/{path}"


def test_signing_out_leads_to_no_other_place(served):
    out = served.browser("operator").post_form("lfr/sign-out", next="//elsewhere.example")
    assert out.headers["location"] == "/lfr/sign-in?out=1&next=%2F"


def test_whoever_signs_in_gets_a_session_of_their_own_and_the_one_before_it_is_over(served):
    browser, copy = served.browser("operator"), served.browser()
    copy.client.cookies.update(browser.client.cookies)
    before = browser.client.cookies["lfr_session"]
    assert browser.post_form("lfr/sign-in", user="silver", password=PASSWORD, next="/").status_code == 302
    assert browser.client.cookies["lfr_session"] != before
    assert browser.get("lfr/api/me").json()["user_id"] == "silver"
    assert copy.get("lfr/api/me").status_code == 401


def test_the_token_of_a_page_fits_its_own_session_only(served):
    browser, other = served.browser("operator"), served.browser("operator")
    path, why = f"lfr/api/deployments/{served.deployment_id}/pause", {"reason": " "}
    assert browser.post(path, why).status_code == 400, "its own is taken"
    anonymous = served.browser()
    anonymous.get("lfr/sign-in")
    for foreign in (other.xsrf, anonymous.xsrf):
        cookies = {"lfr_session": browser.client.cookies["lfr_session"], "_xsrf": foreign}
        headers = {"X-XSRFToken": foreign, "Origin": browser.origin}
        with httpx.Client(base_url=browser.address, cookies=cookies) as planted:
            assert planted.post(path, json=why, headers=headers).status_code == 403


def test_a_cookie_of_somebodys_own_making_is_none(served):
    browser = served.browser("operator")
    signed = browser.client.cookies["lfr_session"]
    for forged in (signed[:-4] + "0000", "x", signed.replace("|", "%7C"), ""):
        browser.client.cookies.clear()
        browser.client.cookies.set("lfr_session", forged)
        assert browser.get("lfr/api/me").status_code == 401


def test_somebody_deactivated_is_out_at_once(served):
    put_person(served.store, "leaver", Role.ANALYST)
    browser = served.browser("leaver")
    boss = served.browser("boss")
    assert boss.get("lfr/api/me").status_code == 200
    from governed import person

    users.deactivate(
        served.store, person(Role.ADMINISTRATOR, name="boss"), "leaver", justification="left the force"
    )
    assert browser.get("lfr/api/me").status_code == 401


def test_a_session_that_is_over_opens_nothing(served):
    from datetime import timedelta

    from sqlalchemy import update

    from lfr_kit.store.tables.users import sessions

    put_person(served.store, "idle", Role.ANALYST)
    browser = served.browser("idle")
    assert browser.get("lfr/api/me").status_code == 200
    with served.store.engine.begin() as connection:
        long_ago = served.store.clock() - timedelta(minutes=61)
        connection.execute(update(sessions).where(sessions.c.user_id == "idle").values(last_used_at=long_ago))
    assert browser.get("lfr/api/me").status_code == 401


def test_whoever_was_given_a_password_can_do_nothing_before_they_chose_their_own(served):
    put_person(served.store, "newcomer", Role.LFR_OPERATOR, must_change=True)
    browser = served.browser()
    assert browser.sign_in("newcomer").headers["location"] == "/lfr/password"
    assert browser.get("lfr/api/me").status_code == 401
    assert browser.get("").headers["location"] == "/lfr/password"
    assert browser.get("voila/render/live.ipynb").status_code == 302
    assert browser.get("voila/static/voila.js").status_code == 401

    new = "another horse, another battery"
    differs = browser.form("lfr/password", old=PASSWORD, new=new, again="something else entirely")
    assert (differs.status_code, "differ" in differs.text) == (400, True)
    assert browser.form("lfr/password", old="not the old one", new=new, again=new).status_code == 401
    assert browser.form("lfr/password", old=PASSWORD, new=new, again=new).status_code == 302
    assert browser.get("lfr/api/me").json()["user_id"] == "newcomer"
    assert served.browser().sign_in("newcomer", new).headers["location"] == "/"


def test_signing_in_leads_to_no_other_place(served):
    browser = served.browser()
    for target in ("https://elsewhere.example/", "//elsewhere.example/", "/\\elsewhere.example", "javascript:x"):
        answer = browser.form("lfr/sign-in", user="operator", password=PASSWORD, next=target)
        assert answer.headers["location"] == "/"
        browser.client.cookies.delete("lfr_session")


def test_the_index_lists_what_the_roles_open(served):
    page = served.browser("manager").get("").text
    assert "watchlist.ipynb" in page
    assert "alerts.ipynb" not in page
    assert served.deployment_id in page
    boss = served.browser("boss").get("").text
    assert "evaluation.ipynb" in boss
    assert "alerts.ipynb" not in boss
    assert served.deployment_id not in boss
