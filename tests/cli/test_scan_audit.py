"""`lfr scan` accounts for itself: who, what, why, before it begins and at its end; never silently without."""

from __future__ import annotations

import json

import pytest

from lfr_kit.config import settings
from lfr_kit.errors import (
    AuthorityError,
    GovernanceError,
    JustificationError,
    KeyMissingError,
    PermissionRefusedError,
    SignInError,
    SourceNotFoundError,
)
from tests.cli.test_scan import BLUE, GREEN, SCRIPTED, save, street


@pytest.fixture
def footage(tmp_path, monkeypatch):
    for name, value in SCRIPTED.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    for i in range(6):
        save(tmp_path / "footage" / f"{i:02d}.png", street((80, 120, BLUE), (220, 120, GREEN)))
    save(tmp_path / "photos" / "Green.png", street((160, 120, GREEN)))
    return tmp_path / "footage"


@pytest.fixture
def words(footage, tmp_path):
    return ("scan", footage, "--references", tmp_path / "photos")


def logged(cli, action="footage"):
    found = cli.json("auditor", "audit", "show", "--action", action, "--reason", "checking scans")
    return found["entries"]


def test_scan_is_logged_before_it_begins_and_when_it_ends(cli, words, footage, tmp_path):
    found = cli.json("analyst", *words, "--reason", "case 17: who stood at the door")
    assert [alert["reference"] for alert in found["alerts"]] == ["Green"]
    begun, ended = logged(cli)
    assert (begun["actor_id"], begun["operation"], begun["action"]) == ("analyst", "collection", "footage.scan")
    assert begun["justification"] == ended["justification"] == "case 17: who stood at the door"
    assert begun["details"] == {"phase": "begun", "source": str(footage), "references": str(tmp_path / "photos")}
    assert ended["operation"] == "consultation"
    assert ended["details"] == {"phase": "ended", "ended_early": "", "frames": 6, "faces_seen": 2, "alerts": 1}
    assert begun["subject"] == ended["subject"] != ""


def test_scan_says_in_the_log_nothing_of_who_was_found(cli, words):
    cli("analyst", *words, "--reason", "case 17")
    assert "Green" not in json.dumps([entry["details"] for entry in logged(cli)])


@pytest.mark.parametrize("reason", [[], ["--reason", "  "]])
def test_scan_without_a_reason_is_refused_even_where_policy_asks_for_none(cli, words, reason):
    policy = ("audit", "policy", "--justification", "optional", "--reason", "trial")
    cli("administrator", *policy)
    assert isinstance(cli.refused("analyst", *words, *reason), JustificationError)
    assert logged(cli) == []


@pytest.mark.parametrize("who", ["silver", "lfr_operator", "administrator", "auditor", "authorising_officer"])
def test_scan_by_others_than_analysts_is_refused_and_the_attempt_logged(cli, words, who):
    refused = cli.refused(who, *words, "--reason", "curious")
    assert isinstance(refused, PermissionRefusedError)
    (entry,) = logged(cli)
    assert (entry["actor_id"], entry["action"]) == (who, "refused:footage.scan")


@pytest.mark.parametrize("source", ["camera:0", "rtsp://guard:secret@127.0.0.1:9/x", "http://127.0.0.1:9/x"])
def test_scan_of_a_live_camera_takes_an_authority_where_there_is_a_store(cli, words, source):
    refused = cli.refused("analyst", "scan", source, *words[2:], "--reason", "case 17")
    assert isinstance(refused, AuthorityError)
    (entry,) = logged(cli)
    assert entry["action"] == "refused:footage.scan"
    assert "secret" not in json.dumps(entry)


def test_scan_with_nobody_signed_in_is_refused(cli, words):
    assert isinstance(cli.refused(None, *words, "--reason", "curious"), SignInError)


def test_scan_cannot_be_kept_out_of_the_log_where_there_is_a_store(cli, words):
    assert isinstance(cli.refused("analyst", *words, "--unaudited", "--reason", "x"), PermissionRefusedError)


def test_scan_is_refused_where_there_is_a_store_whose_key_is_gone(cli, words, monkeypatch, tmp_path):
    monkeypatch.setenv("LFR_STORE__KEY_FILE", str(tmp_path / "elsewhere.key"))
    assert isinstance(cli.refused(None, *words, "--reason", "x"), KeyMissingError)


def test_scan_without_a_store_is_refused_with_the_line_that_makes_one(cli, words, monkeypatch, tmp_path):
    monkeypatch.setenv("LFR_STORE__URL", f"sqlite:///{tmp_path / 'none.sqlite'}")
    refused = cli.refused(None, *words, "--reason", "x")
    assert isinstance(refused, GovernanceError)
    assert "lfr keys init" in str(refused)
    result = cli(None, *words, "--unaudited")
    assert "Not audited" in result.stderr
    assert not (tmp_path / "none.sqlite").exists()


def test_scan_that_fails_is_logged_as_ended(cli, words):
    refused = cli.refused("analyst", "scan", "nothing.mp4", *words[2:], "--reason", "case 17")
    assert isinstance(refused, SourceNotFoundError)
    assert [entry["details"]["phase"] for entry in logged(cli)] == ["begun", "ended"]
    assert logged(cli)[1]["details"]["ended_early"] == "it failed"


def test_scan_whose_end_cannot_be_logged_still_shows_what_was_found_and_fails(cli, words, monkeypatch):
    from lfr_kit.errors import StoreFullError

    def full(*_, **__):
        raise StoreFullError("no room")

    monkeypatch.setattr("lfr_kit.operations.footage.end_scan", full)
    found = cli.json("analyst", *words, "--reason", "case 17", status=1)
    assert found["error"]["kind"] == "StoreFullError"
    assert [alert["reference"] for alert in found["alerts"]] == ["Green"]


@pytest.mark.parametrize(
    ("source", "written"),
    [
        ("rtsp://guard:secret@10.0.0.7:554/stream?token=abc", "rtsp://10.0.0.7:554/stream"),
        ("http://secret@host/video", "http://host/video"),
        ("http://[broken", "http://(no valid address)"),
        ("/home/me/clip.mp4", "/home/me/clip.mp4"),
    ],
)
def test_address_is_logged_without_what_opens_it(source, written):
    from lfr_kit.operations.footage import without_password

    assert without_password(source) == written
