"""`lfr audit` from the command line."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import delete, update

from lfr_kit.errors import InputError, JustificationError, PermissionRefusedError, TableError
from lfr_kit.store.store import Store
from lfr_kit.store.tables.audit import audit_entries, audit_head

REASON = ("--reason", "inspection")


def harm(cli, *statements):
    with Store.open(cli.chosen) as store, store.engine.begin() as connection:
        for statement in statements:
            connection.execute(statement)


@pytest.fixture
def used(cli):
    """A store with a few entries: 1 its making, 2 and 3 a reading, 4 a refusal."""
    for why in ("first look", "second look"):
        cli("auditor", "audit", "show", "--reason", why)
    cli.refused("silver", "audit", "show", "--reason", "curious")
    return cli


def test_verify_says_that_the_chain_is_whole(used):
    assert "5 entries: the chain is whole." in used("auditor", "audit", "verify", *REASON).stdout
    found = used.json("auditor", "audit", "verify", *REASON)
    assert (found["ok"], found["n_entries"], found["findings"], found["is_logged"]) == (True, 7, [], True)


def test_verify_names_what_is_broken_and_ends_with_status_1(used):
    harm(
        used,
        update(audit_entries).where(audit_entries.c.seq == 2).values(actor_id="somebody"),
        delete(audit_entries).where(audit_entries.c.seq == 3),
    )
    result = used("administrator", "audit", "verify", *REASON, status=1)
    assert "the chain is broken, 2 findings" in result.stdout
    assert "changed: entry 2 was changed after it was written" in result.stdout
    assert "removed: entry 3 is missing" in result.stdout
    found = used.json("auditor", "audit", "verify", *REASON, status=1)
    assert [(each["kind"], each["seq"]) for each in found["findings"]] == [("changed", 2), ("removed", 3)]


def test_verify_works_where_nothing_can_be_logged_any_more(used):
    used("auditor", "users", "who")
    harm(used, delete(audit_head))
    result = used("auditor", "audit", "verify", *REASON, status=1)
    assert "head: the head is gone" in result.stdout
    assert "could not be logged" in result.stderr


def test_verify_is_refused_to_others_and_without_a_reason(used):
    assert isinstance(used.refused("silver", "audit", "verify", *REASON), PermissionRefusedError)
    assert isinstance(used.refused("auditor", "audit", "verify"), JustificationError)


def test_show_says_who_did_what_and_why(used):
    lines = used("auditor", "audit", "show", *REASON).stdout.splitlines()
    assert "    why: second look" in lines
    assert any(
        line.startswith("4  ") and "  silver  consultation  refused:audit.view  audit" in line for line in lines
    )
    assert lines[0].startswith("1  ")
    found = used.json("auditor", "audit", "show", "--actor", "silver", *REASON)
    (entry,) = found["entries"]
    assert (entry["action"], entry["justification"]) == ("refused:audit.view", "curious")
    assert entry["details"]["refused"].startswith("silver may not read the audit log; who may: auditor")


def test_show_filters_by_time_operation_and_number(used):
    assert used.json("auditor", "audit", "show", "--since", "2100-01-01", *REASON)["entries"] == []
    assert used.json("auditor", "audit", "show", "--until", "2000-01-01T00:00+02:00", *REASON)["entries"] == []
    found = used.json("auditor", "audit", "show", "--operation", "collection", *REASON)
    assert [entry["action"] for entry in found["entries"]] == ["store.create"]
    assert len(used.json("auditor", "audit", "show", "--limit", "2", *REASON)["entries"]) == 2


def test_show_is_refused_to_others_and_without_a_reason(used):
    for who in ("administrator", "silver", "lfr_operator"):
        assert isinstance(used.refused(who, "audit", "show", *REASON), PermissionRefusedError)
    assert isinstance(used.refused("auditor", "audit", "show"), JustificationError)


@pytest.mark.parametrize(
    "words",
    [
        ("show", "--since", "soon"),
        ("show", "--since", "0001-01-01T00:00+14:00"),
        ("show", "--until", "9999-12-31T23:59:59-10:00"),
        ("show", "--operation", "theft"),
        ("show", "--limit", "0"),
        ("policy",),
        ("export",),
    ],
)
def test_wrong_usage_ends_with_status_2(cli, words):
    cli("auditor", "audit", *words, *REASON, status=2)


def test_reason_that_would_move_the_cursor_is_shown_as_it_was_typed(cli):
    cli("auditor", "audit", "show", "--reason", "quick\x1b[2J\u202elook [red]now[/red]\x07")
    shown = cli("auditor", "audit", "show", *REASON).stdout
    for sign in "\x1b\u202e\x07":
        assert sign not in shown
    assert r"why: quick\x1b[2J\u202elook [red]now[/red]\x07" in shown


@pytest.mark.parametrize("reason", ["x" * 5000, "\u200b\u200b", "..."], ids=["long", "invisible", "dots"])
def test_reason_that_is_none_is_refused(cli, reason):
    refused = cli.refused("auditor", "audit", "show", "--reason", reason)
    assert isinstance(refused, InputError | JustificationError)


def test_sql_in_every_field_of_a_question_finds_nothing_and_harms_nothing(used):
    sql = "x' OR '1'='1'; DROP TABLE audit_entries; --"
    for option in ("--actor", "--action", "--subject", "--deployment"):
        assert used.json("auditor", "audit", "show", option, sql, "--reason", sql)["entries"] == []
    assert used.json("auditor", "audit", "verify", "--reason", sql)["ok"]


def test_policy_is_changed_by_administrators_only_and_logged(cli):
    words = ("audit", "policy", "--justification")
    assert isinstance(cli.refused("auditor", *words, "optional", *REASON), PermissionRefusedError)
    assert cli.json("administrator", *words, "optional", *REASON) == {"justification": "optional"}
    cli("administrator", "users", "list")
    assert "mandatory from now on" in cli("administrator", *words, "mandatory").stdout
    assert isinstance(cli.refused("administrator", "users", "list"), JustificationError)
    found = cli.json("auditor", "audit", "show", "--action", "policy.change", *REASON)
    assert [entry["details"].get("justification") for entry in found["entries"]] == [None, "optional", "mandatory"]


def test_clock_is_accepted_by_administrators_only(cli):
    assert isinstance(cli.refused("auditor", "audit", "accept-clock", *REASON), PermissionRefusedError)
    assert isinstance(cli.refused("administrator", "audit", "accept-clock"), JustificationError)
    assert cli.json("administrator", "audit", "accept-clock", *REASON) == {"behind_s": 0.0}


def test_export_and_verify_against_it(used, tmp_path):
    file = tmp_path / "copy.jsonl"
    assert "5 entries:" in used("auditor", "audit", "export", file, *REASON).stdout
    assert len([json.loads(line) for line in file.read_text().splitlines()]) == 5
    found = used.json("auditor", "audit", "verify", "--against", file, *REASON)
    assert (found["ok"], found["differences"]) == (True, [])
    changed = file.read_text().replace('"seq": 3', '"seq": 99')
    (tmp_path / "other.jsonl").write_text(changed)
    result = used("auditor", "audit", "verify", "--against", tmp_path / "other.jsonl", *REASON, status=1)
    assert "entry 99 of the copy is not in the store any more" in result.stdout
    (tmp_path / "none.txt").write_text("no copy")
    refused = used.refused("auditor", "audit", "verify", "--against", tmp_path / "none.txt", *REASON)
    assert isinstance(refused, TableError)


def test_export_is_refused_to_administrators(cli, tmp_path):
    refused = cli.refused("administrator", "audit", "export", tmp_path / "copy", *REASON)
    assert isinstance(refused, PermissionRefusedError)
    assert not (tmp_path / "copy").exists()
