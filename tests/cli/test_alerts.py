"""`lfr alerts`: who may do what, what is shown when, and what leaves the store."""

from __future__ import annotations

import stat
from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import pytest
from alerted import OPERATOR as SIGNED_IN_BY_HAND
from alerted import Opened, logged, shot
from governed import put_user
from PIL import Image
from recorded import authority

from lfr_kit.cli.alert_words import print_alert
from lfr_kit.errors import (
    DecisionConflictError,
    InputError,
    JustificationError,
    NotInStoreError,
    OutputError,
    PermissionRefusedError,
    StateError,
)
from lfr_kit.governance.roles import Role
from lfr_kit.operations.alert_shots import keep_shots
from lfr_kit.operations.alerts import raise_alert, view
from lfr_kit.store.store import Store

OPERATOR, OTHER, OFFICER = "lfr_operator", "lfr_operator-2", "engagement_officer"


@pytest.fixture
def store(cli):
    with Store.open(cli.chosen) as opened:
        yield opened


@pytest.fixture
def opened(store) -> Opened:
    return Opened(store, plan=authority(decision_limit_s=3600.0))


@pytest.fixture
def alert_id(store, opened) -> str:
    return raise_alert(store, opened.deployment_id, opened.alert())


def viable(cli, alert_id):
    cli(OPERATOR, "alerts", "show", alert_id)
    cli(OPERATOR, "alerts", "adjudicate", alert_id, "viable", "--because", "same_features")
    cli(OFFICER, "alerts", "show", alert_id)


def test_alert_is_lived_through_on_the_command_line(cli, opened, alert_id):
    assert [each["alert_id"] for each in cli.json(OPERATOR, "alerts", "list", opened.deployment_id)["alerts"]] == [
        alert_id
    ]
    viable(cli, alert_id)
    assert cli.json(OFFICER, "alerts", "engage", alert_id, "--status-rechecked")["state"] == "engaged"
    words = ("--truth", "true_confirmed", "--outcome", "arrest", "--id-method", "document", "--note", "had a card")
    done = cli.json(OFFICER, "alerts", "outcome", alert_id, *words)
    assert (done["state"], done["truth"], done["outcome"]) == ("concluded", "true_confirmed", "arrest")
    found = ("--truth", "false_confirmed", "--outcome", "no_action", "--id-method", "fingerprint")
    unseen = cli.refused("silver", "alerts", "review", alert_id, *found, "--reason", "a brother's card")
    assert f"lfr alerts show {alert_id} --reason" in str(unseen)
    cli("silver", "alerts", "show", alert_id, "--reason", "to review it")
    corrected = cli.json("silver", "alerts", "review", alert_id, *found, "--reason", "a brother's card")
    assert corrected["truth"] == "false_confirmed"
    assert cli.json(OPERATOR, "alerts", "list", opened.deployment_id)["alerts"] == []
    assert len(cli.json(OPERATOR, "alerts", "list", opened.deployment_id, "--all")["alerts"]) == 1


def test_list_shows_an_id_whole_that_can_be_copied(cli, store, opened):
    alert_id = raise_alert(store, opened.deployment_id, opened.alert(alert_id="0123456789abcdef" * 2))
    assert alert_id in cli(OPERATOR, "alerts", "list", opened.deployment_id).stdout


def test_show_puts_both_sides_in_words_and_no_score_before_the_decision(cli, alert_id):
    before = cli(OPERATOR, "alerts", "show", alert_id).stdout
    for words in (
        "Sought Person 0",
        "PNC/0",
        "wanted by courts",
        "response green",
        "north-1",
        "approach with care",
    ):
        assert words in before
    assert "status last verified" in before
    assert "withheld until somebody has decided" in before
    assert "0.6" not in before
    assert "0.07" not in before
    cli(OPERATOR, "alerts", "adjudicate", alert_id, "viable", "--because", "same_features")
    after = cli(OPERATOR, "alerts", "show", alert_id).stdout
    assert "0.070 above the threshold of 0.640 (cosine), among 3 on the list" in after
    assert "%" not in before + after


def test_show_as_json_has_neither_pictures_nor_score_while_blind(cli, alert_id):
    shown = cli.json(OPERATOR, "alerts", "show", alert_id)
    assert (shown["is_blind"], shown["score"], shown["pictures"]) == (True, None, [])
    assert not [name for name in shown if "jpeg" in name or name in ("similarity", "comparison_score", "rank")]


def test_show_lets_no_escape_sequence_reach_the_terminal(store, alert_id, capsys):
    seen = replace(view(store, SIGNED_IN_BY_HAND, alert_id), name="Ada\x1b[2J\u202egpj")
    print_alert(seen)
    printed = capsys.readouterr().out
    assert r"Ada\x1b[2J" in printed
    assert not {"\x1b", "\u202e"} & set(printed)


def test_pictures_are_written_for_the_owner_and_logged_as_a_disclosure(cli, store, opened, alert_id, tmp_path):
    folder = tmp_path / "out"
    done = cli(OPERATOR, "alerts", "show", alert_id, "--pictures", folder, "--reason", "for the case file")
    files = sorted(folder.iterdir())
    assert [file.name for file in files] == [f"{alert_id}-on-the-list.jpg", f"{alert_id}-seen.jpg"]
    assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600, 0o600]
    assert files[0].read_bytes() == opened.reference_jpeg(0)
    assert Image.open(BytesIO(files[1].read_bytes())).size == (120, 120)
    assert "no retention period deletes them" in done.stderr
    assert logged(store)[-1].operation == "disclosure"


def test_pictures_without_a_reason_are_refused_and_none_is_written(cli, alert_id, tmp_path):
    assert isinstance(
        cli.refused(OPERATOR, "alerts", "show", alert_id, "--pictures", tmp_path / "out"), JustificationError
    )
    assert not (tmp_path / "out").exists()


def test_pictures_replace_nothing_and_follow_no_link(cli, store, alert_id, tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    victim = tmp_path / "victim"
    (folder / f"{alert_id}-seen.jpg").symlink_to(victim)
    before = len(logged(store, "alert.view"))
    wanted = ("alerts", "show", alert_id, "--pictures", folder, "--reason", "for the case file")
    assert isinstance(cli.refused(OPERATOR, *wanted), OutputError)
    assert not victim.exists()
    assert len(logged(store, "alert.view")) == before


def test_alert_is_acknowledged_and_handed_over_on_the_command_line(cli, store, opened, alert_id):
    viable(cli, alert_id)
    assert cli.json(OFFICER, "alerts", "acknowledge", alert_id, "--note", "two minutes")["in_hand"] == OFFICER
    put_user(store, "bob", Role.ENGAGEMENT_OFFICER)
    second = cli.refused("bronze", "alerts", "acknowledge", alert_id)
    assert isinstance(second, DecisionConflictError)
    assert f"{OFFICER} has it in hand since" in str(second)
    cli(OFFICER, "alerts", "hand-over", alert_id, "bob", "--note", "he walks your way")
    (listed,) = cli.json(OPERATOR, "alerts", "list", opened.deployment_id)["alerts"]
    assert (listed["in_hand"], listed["acknowledged_at"], listed["team"]) == ("bob", None, "")
    told = cli(OPERATOR, "alerts", "show", alert_id).stdout
    for words in (
        f"acknowledged by {OFFICER}",
        "(two minutes)",
        "handed over by",
        "he walks your way",
        "in hand: bob",
    ):
        assert words in told
    assert cli.json("bronze", "alerts", "hand-over", alert_id, "", "--from", "bob")["in_hand"] == ""


def test_further_pictures_are_counted_and_written_with_the_others(cli, store, alert_id, tmp_path):
    began = store.clock()
    keep_shots(store, alert_id, [shot(at=began + timedelta(seconds=n), seed=n) for n in (1, 2)])
    assert "2 more of the same face" in cli(OPERATOR, "alerts", "show", alert_id).stdout
    shown = cli.json(OPERATOR, "alerts", "show", alert_id)
    assert [(each["seq"], each["quality"]) for each in shown["shots"]] == [(1, 80.0), (2, 80.0)]
    assert "jpeg" not in shown["shots"][0]
    folder = tmp_path / "out"
    cli(OPERATOR, "alerts", "show", alert_id, "--pictures", folder, "--reason", "for the case file")
    names = ("on-the-list", "seen-2", "seen-3", "seen")
    assert sorted(file.name for file in folder.iterdir()) == sorted(f"{alert_id}-{name}.jpg" for name in names)
    assert len({file.read_bytes() for file in folder.iterdir()}) == 4


def test_second_operator_is_told_and_the_exit_status_is_one(cli, alert_id):
    for who in (OPERATOR, OTHER):
        cli(who, "alerts", "show", alert_id)
    cli(OPERATOR, "alerts", "adjudicate", alert_id, "dismissed", "--because", "different_person")
    told = cli.refused(OTHER, "alerts", "adjudicate", alert_id, "viable", "--because", "same_marks")
    assert isinstance(told, DecisionConflictError)
    assert "lfr_operator decided dismissed (different_person)" in str(told)


WRONG_ROLES = [
    (OFFICER, ("adjudicate", "ALERT", "viable", "--because", "same_features")),
    ("silver", ("adjudicate", "ALERT", "viable", "--because", "same_features")),
    (OPERATOR, ("engage", "ALERT", "--status-rechecked")),
    (OPERATOR, ("engage", "ALERT", "--not", "person_gone")),
    (OPERATOR, ("outcome", "ALERT", "--truth", "true_unconfirmed")),
    (OPERATOR, ("review", "ALERT", "--truth", "true_unconfirmed", "--reason", "I say so")),
    ("analyst", ("show", "ALERT", "--reason", "curious")),
    ("analyst", ("list", "D-0000000001")),
]


def test_wrong_role_is_refused(cli, alert_id):
    for who, words in WRONG_ROLES:
        error = cli.refused(who, "alerts", *(alert_id if word == "ALERT" else word for word in words))
        assert isinstance(error, PermissionRefusedError), words


def test_role_is_not_taken_from_the_environment(cli, monkeypatch, alert_id):
    for name in ("USER", "LOGNAME", "SUDO_USER", "ROLE"):
        monkeypatch.setenv(name, "lfr_operator")
    error = cli.refused("analyst", "alerts", "adjudicate", alert_id, "viable", "--because", "same_features")
    assert isinstance(error, PermissionRefusedError)


def test_forged_alert_id_is_refused(cli, opened):
    for forged in ("x' OR '1'='1", "../../etc/passwd", "A-nothing", "0" * 32, "a" * 5000):
        for words in (("show", forged), ("adjudicate", forged, "viable", "--because", "same_features")):
            assert isinstance(cli.refused(OPERATOR, "alerts", *words), InputError | NotInStoreError)


def test_deployment_that_is_not_there_is_refused(cli, alert_id):
    for forged in ("D-nowhere", "x'; DROP TABLE alerts; --"):
        assert isinstance(cli.refused(OPERATOR, "alerts", "list", forged), NotInStoreError)
        assert isinstance(cli.refused(OPERATOR, "alerts", "expire", forged), NotInStoreError)


def test_alerts_of_another_deployment_are_not_listed(cli, store, alert_id):
    other = Opened(store, "D-0000000002")
    assert cli.json(OPERATOR, "alerts", "list", other.deployment_id)["alerts"] == []


WRONG_USAGE = [
    ("adjudicate", "ALERT", "viable", "--because", "score"),
    ("adjudicate", "ALERT", "arrest", "--because", "same_features"),
    ("adjudicate", "ALERT", "viable"),
    ("engage", "ALERT"),
    ("outcome", "ALERT", "--truth", "true_confirmed", "--outcome", "arrest", "--id-method", "score"),
    ("outcome", "ALERT", "--truth", "certain"),
]


def test_words_outside_the_closed_lists_are_wrong_usage(cli, alert_id):
    for words in WRONG_USAGE:
        cli(OFFICER, "alerts", *(alert_id if word == "ALERT" else word for word in words), status=2)


def test_engagement_before_a_viable_verdict_is_refused(cli, alert_id):
    cli(OFFICER, "alerts", "show", alert_id)
    assert isinstance(cli.refused(OFFICER, "alerts", "engage", alert_id, "--status-rechecked"), StateError)


def test_confirmed_truth_without_identity_is_refused(cli, alert_id):
    viable(cli, alert_id)
    cli(OFFICER, "alerts", "engage", alert_id, "--status-not-rechecked")
    words = ("--truth", "true_confirmed", "--outcome", "arrest")
    assert isinstance(cli.refused(OFFICER, "alerts", "outcome", alert_id, *words), InputError)


def test_not_engaging_and_expiry(cli, store, opened, alert_id):
    viable(cli, alert_id)
    done = cli.json(OFFICER, "alerts", "engage", alert_id, "--not", "no_officer_free")
    assert (done["state"], done["truth"]) == ("not_engaged", "true_unconfirmed")
    assert cli.json(OPERATOR, "alerts", "expire", opened.deployment_id)["expired"] == []


def test_sql_in_a_note_is_a_note(cli, store, alert_id):
    cli(OPERATOR, "alerts", "show", alert_id)
    nasty = "'); DELETE FROM alerts; --"
    cli(OPERATOR, "alerts", "adjudicate", alert_id, "dismissed", "--because", "different_person", "--note", nasty)
    assert cli.json(OPERATOR, "alerts", "show", alert_id)["state"] == "dismissed"


def test_nobody_signed_in_sees_nothing(cli, alert_id):
    for words in (("show", alert_id), ("list", "D-0000000001")):
        assert "Sought" not in cli(None, "alerts", *words, status=1).stdout
