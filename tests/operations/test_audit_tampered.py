"""The log and what guards it, written to by somebody with the database but without its key."""

from __future__ import annotations

import pytest
from governed import person
from sqlalchemy import delete, insert, select, update

from lfr_kit.errors import JustificationError, StoreError, TableError, TamperedError
from lfr_kit.governance.roles import Action, Role
from lfr_kit.governance.vocabulary import Operation
from lfr_kit.operations import audit, users
from lfr_kit.operations.audit import AuditQuestion
from lfr_kit.store.repository.policies import set_justification_mandatory
from lfr_kit.store.tables.audit import audit_entries, audit_head
from lfr_kit.store.tables.keys import store_info
from lfr_kit.store.tables.users import users as users_table
from tests.quick_passwords import GOOD, OTHER, quick_passwords

assert quick_passwords
AUDITOR = person(Role.AUDITOR)
OPERATOR = person(Role.LFR_OPERATOR)
WHY = "weekly check"
FAR = 2**62
on_sqlite = pytest.mark.parametrize("store_settings", ["sqlite"], indirect=True)
"""PostgreSQL takes no bytes for a text, and no text that is none."""


def look(store, why=WHY):
    with store.act(
        OPERATOR, Action.ALERT_VIEW, Operation.CONSULTATION, subject="alert:A-1", justification=why
    ) as act:
        return act.at


@pytest.fixture
def used(store):
    """A store with entries 1 to 5."""
    for _ in range(4):
        look(store)
    return store


def harm(store, *statements):
    with store.engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement) if isinstance(statement, str) else connection.execute(statement)


def findings(store):
    done = audit.verify(store, AUDITOR, justification=WHY)
    return [(str(found.kind), found.seq, found.last_seq) for found in done.report.findings]


@on_sqlite
@pytest.mark.parametrize("column", ["at", "actor_id", "subject", "previous_hash", "hash"])
@pytest.mark.parametrize("written", ["x'00ff41'", "CAST(x'ff41' AS TEXT)", "CAST({} AS BLOB)"])
def test_entry_that_was_made_unreadable_is_named_shown_and_copied(used, tmp_path, column, written):
    harm(used, f"UPDATE audit_entries SET {column} = {written.format(column)} WHERE seq = 3")
    assert ("changed", 3, 3) in findings(used)
    shown = audit.show(used, AUDITOR, AuditQuestion(limit=100), justification=WHY)
    assert [entry.seq for entry in shown] == list(range(1, 8))
    assert audit.export(used, AUDITOR, tmp_path / "copy.jsonl", justification=WHY) == 9


@on_sqlite
@pytest.mark.parametrize("column", ["seq", "hash", "latest_at", "mac"])
@pytest.mark.parametrize("written", ["'abc'", "x'00ff41'", "CAST(x'ff41' AS TEXT)"])
def test_head_that_was_made_unreadable_is_found_and_keeps_nobody_from_checking(used, column, written):
    harm(used, f"UPDATE audit_head SET {column} = {written}")
    assert audit.n_entries(used) == 0
    assert findings(used) == [("head", 0, 0)]


def test_entry_put_far_beyond_the_end_is_named_and_no_other(used):
    with used.reading() as connection:
        third = dict(connection.execute(select(audit_entries).where(audit_entries.c.seq == 3)).one()._mapping)
    harm(used, insert(audit_entries).values({**third, "seq": FAR}))
    assert findings(used) == [("inserted", FAR, FAR)]


def test_empty_file_passes_for_no_copy(used, tmp_path):
    (tmp_path / "copy.jsonl").touch()
    with pytest.raises(TableError, match="holds no entry"):
        audit.compare(used, AUDITOR, tmp_path / "copy.jsonl", justification=WHY)


@pytest.mark.parametrize("value", ["optional", "optional:", "optional:" + "0" * 64, ""])
def test_policy_written_from_outside_lets_nobody_off_the_reason(used, value):
    harm(used, update(store_info).where(store_info.c.name == "justification").values(value=value))
    with pytest.raises(JustificationError):
        look(used, why="")
    harm(used, delete(store_info).where(store_info.c.name == "justification"))
    with pytest.raises(JustificationError):
        look(used, why="")


def test_policy_of_another_store_does_not_count(used, founded, tmp_path, clock):
    with used.engine.begin() as connection:
        key = used.vault.new_key(connection, "deployment:D-1", clock())
        set_justification_mandatory(connection, key, False)
    with pytest.raises(JustificationError):
        look(used, why="")


@pytest.mark.parametrize(
    "hide",
    [
        [],
        [delete(audit_entries).where(audit_entries.c.action == "users.bootstrap")],
        [update(audit_entries).where(audit_entries.c.action == "users.bootstrap").values(action="store.upgrade")],
        [delete(audit_entries).where(audit_entries.c.seq > 1)],
        [delete(audit_entries), delete(audit_head)],
    ],
    ids=["log left", "entry removed", "entry changed", "log cut", "log emptied"],
)
def test_nobody_becomes_the_first_user_again_once_the_users_were_deleted(store, quick_passwords, hide):
    first = users.NewUser("boss", frozenset({Role.ADMINISTRATOR}))
    users.add_first(store, first, GOOD)
    look(store)
    harm(store, delete(users_table), *hide)
    with pytest.raises(TamperedError, match="from outside"):
        users.add_first(store, users.NewUser("mallory", first.roles), OTHER)
    assert users.there_are_none(store)


@on_sqlite
@pytest.mark.parametrize(
    "written",
    [
        "created_at = 'x'",
        "created_at = '2026-05-04'",
        "created_at = x'00'",
        "roles = 'x'",
        "roles = x'ff'",
        "password_hash = x'00'",
        "failed_attempts = 'many'",
        "user_id = CAST(x'ff41' AS TEXT)",
    ],
)
def test_user_whose_row_was_made_unreadable_is_an_error_in_words(used, quick_passwords, written):
    boss = users.NewUser("boss", frozenset({Role.ADMINISTRATOR}))
    users.add_first(used, boss, GOOD)
    harm(used, f"UPDATE users SET {written}")
    with pytest.raises((StoreError, TamperedError), match="restore"):
        users.list_users(used, person(Role.ADMINISTRATOR), justification=WHY)


@on_sqlite
def test_fault_of_an_unreadable_text_is_damage_and_does_not_quote_it(used):
    harm(used, "UPDATE store_info SET value = CAST(x'ff' || 'Erika' AS TEXT) WHERE name = 'justification'")
    with pytest.raises(StoreError, match="is damaged") as caught:
        look(used, why="")
    assert "Erika" not in str(caught.value)
