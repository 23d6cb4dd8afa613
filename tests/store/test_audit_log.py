"""The audit log's rows: one chain however many write, nothing over a broken end, nothing that it must not hold."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest
from governed import person
from sqlalchemy import delete, insert, select, update

from lfr_kit.errors import AuditChainError, InputError, JustificationError, PermissionRefusedError
from lfr_kit.governance.chain_check import check_chain
from lfr_kit.governance.roles import Action, Role
from lfr_kit.governance.vocabulary import Operation
from lfr_kit.store.key_places import load_master_keys
from lfr_kit.store.repository import audit_log, audit_reading
from lfr_kit.store.repository.audit_log import Line
from lfr_kit.store.store import Store
from lfr_kit.store.tables.audit import audit_entries, audit_head

OPERATOR = person(Role.LFR_OPERATOR)


def line(subject="alert:A-1", **fields) -> Line:
    return Line("k1", Operation.CONSULTATION, fields.pop("action", "alert.view"), subject, **fields)


def append(store, *lines):
    with store.engine.begin() as connection:
        audit_log.append(connection, store.vault, list(lines), store.clock())


def report(store):
    with store.reading() as connection:
        opens = audit_reading.seal_checker(store.vault.key(connection, "audit"))
        return check_chain(audit_reading.links(connection), audit_log.head(connection, store.vault), opens)


def rows(store):
    with store.reading() as connection:
        return connection.execute(select(audit_entries).order_by(audit_entries.c.seq)).all()


def test_append_in_batches_and_one_by_one_makes_one_chain(store):
    append(store, *(line(f"alert:A-{i}") for i in range(50)))
    append(store, line())
    assert [row.seq for row in rows(store)] == list(range(1, 53))
    assert report(store).is_whole


def test_append_that_is_rolled_back_leaves_no_gap(store):
    with store.engine.connect() as connection:
        audit_log.append(connection, store.vault, [line()], store.clock())
        connection.rollback()
    append(store, line())
    assert len(rows(store)) == 2
    assert report(store).is_whole


WRITER = """
import json, sys
from datetime import timedelta
from lfr_kit.config import StoreSettings
from lfr_kit.governance.roles import Action, Actor, Role
from lfr_kit.governance.vocabulary import Operation
from lfr_kit.store.store import Store
who = sys.argv[2]
with Store.open(StoreSettings.model_validate(json.loads(sys.argv[1]))) as store:
    print("ready", flush=True)
    sys.stdin.readline()
    for i in range(25):
        actor = Actor(who, frozenset({Role.LFR_OPERATOR}))
        with store.act(actor, Action.ALERT_VIEW, Operation.CONSULTATION, subject=f"alert:A-{i}",
                       justification="on duty") as act:
            act.log(Operation.CONSULTATION, "alert.look", f"alert:A-{i}")
"""


def test_four_processes_at_once_keep_one_chain(store, store_settings):
    chosen = store_settings.model_copy(update={"busy_timeout_s": 60.0}).model_dump_json()
    tasks = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, chosen, f"k{i}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for i in range(4)
    ]
    for task in tasks:
        assert task.stdout.readline() == "ready\n", task.stderr.read()
    for task in tasks:
        task.stdin.write("\n")
        task.stdin.flush()
    for task in tasks:
        _, errors = task.communicate(timeout=120)
        assert task.returncode == 0, errors
    stored = rows(store)
    assert [row.seq for row in stored] == list(range(1, 202))
    for i in range(4):
        mine = [row.subject for row in stored if row.actor_id == f"k{i}"]
        assert mine == [f"alert:A-{n}" for n in range(25) for _ in range(2)]
    assert len({row.actor_id for row in stored[1:60]}) > 1, "they did write at once"
    assert report(store).findings == ()


def test_threads_of_one_store_keep_one_chain(store):
    def view():
        for _ in range(10):
            with store.act(
                OPERATOR, Action.ALERT_VIEW, Operation.CONSULTATION, subject="alert:A-1", justification="duty"
            ):
                pass

    threads = [threading.Thread(target=view) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(rows(store)) == 41
    assert report(store).findings == ()


NOT_FOR_THE_LOG = [
    ({"details": {"picture": b"\xff\xd8"}}, "no pictures"),
    ({"details": {"faces": [{"crop": bytearray(b"x")}]}}, "no pictures"),
    ({"details": {"note": "x" * 5000}}, "5,000 characters"),
    ({"subject": "x" * 121}, "subject"),
    ({"subject": "alert:\x00"}, "subject"),
    ({"subject": "alert:\u202eA"}, "subject"),
    ({"subject": "alert:\nA"}, "subject"),
    ({"subject": "\ud800"}, "subject"),
    ({"deployment_id": "D" * 41}, "deployment_id"),
    ({"action": "a" * 65}, "action"),
    ({"justification": "y" * 10_000_000}, "reason"),
    ({"justification": "because \ud800"}, "reason"),
]


def test_pictures_long_texts_and_misleading_signs_are_refused_and_nothing_is_written(store):
    for fields, words in NOT_FOR_THE_LOG:
        with pytest.raises(InputError, match=words) as refused:
            append(store, line(**fields))
        assert len(str(refused.value)) < 400
    assert len(rows(store)) == 1


def test_act_whose_details_hold_a_picture_is_undone(store):
    with (
        pytest.raises(InputError, match="picture"),
        store.act(OPERATOR, Action.ALERT_VIEW, Operation.CONSULTATION, subject="a", justification="duty") as act,
    ):
        act.details["picture"] = b"\x89PNG"
    assert len(rows(store)) == 1


def test_reason_that_says_nothing_is_none(store):
    for reason in ("\u200b", "...", "\u202e\u2066", "- -"):
        with (
            pytest.raises(JustificationError),
            store.act(OPERATOR, Action.ALERT_VIEW, Operation.CONSULTATION, subject="a", justification=reason),
        ):
            pass
    assert len(rows(store)) == 1


def test_refusal_is_logged_whatever_was_said(store):
    subject = "user:\u202e" + "x" * 500
    for reason in ("x" * 10_000_000, "\ud800", "\u200b", "\x00"):
        with (
            pytest.raises(PermissionRefusedError),
            store.act(OPERATOR, Action.USERS_MANAGE, Operation.ALTERATION, subject=subject, justification=reason),
        ):
            pass
    for entry in rows(store)[1:]:
        assert (entry.action, len(entry.subject)) == ("refused:users.manage", 120)
        assert len(entry.sealed_details) < 10_000
    assert len(rows(store)) == 5
    assert report(store).is_whole


def test_justification_and_details_are_not_in_the_clear(store, store_settings):
    append(store, line(justification="Witness Anna Example asked", details={"case": "CR/1234/26"}))
    stored = b"".join(bytes(row.sealed_details) for row in rows(store)) + str(rows(store)).encode()
    assert b"Example" not in stored
    assert b"CR/1234" not in stored


HARM = [
    lambda c: c.execute(update(audit_head).values(seq=1)),
    lambda c: c.execute(update(audit_head).values(hash="0" * 64)),
    lambda c: c.execute(update(audit_head).values(mac="")),
    lambda c: c.exec_driver_sql("UPDATE audit_head SET latest_at = 'yesterday'"),
    lambda c: c.exec_driver_sql("UPDATE audit_head SET latest_at = NULL"),
    lambda c: c.execute(delete(audit_head)),
]


def test_head_that_was_changed_is_not_written_over(store):
    append(store, line(), line())
    with store.reading() as connection:
        true_head = dict(connection.execute(select(audit_head)).one()._mapping)
    for harm in HARM:
        with store.engine.begin() as connection:
            harm(connection)
        with pytest.raises(AuditChainError, match="head of the audit log is gone or was changed"):
            append(store, line())
        assert len(rows(store)) == 3
        assert {found.seq for found in report(store).findings} == {0}
        with store.engine.begin() as connection:
            connection.execute(delete(audit_head))
            connection.execute(insert(audit_head), [true_head])
    append(store, line())
    assert report(store).is_whole


def test_entry_that_was_put_after_the_end_is_not_built_on(store):
    append(store, line())
    (*_, last) = rows(store)
    with store.engine.begin() as connection:
        connection.execute(insert(audit_entries), [{**last._mapping, "seq": 3}])
    with pytest.raises(AuditChainError, match="has entries after 2"):
        append(store, line())


def test_tail_that_was_removed_stays_visible_after_further_entries(store):
    append(store, *(line() for _ in range(5)))
    with store.engine.begin() as connection:
        connection.execute(delete(audit_entries).where(audit_entries.c.seq > 4))
    append(store, line())
    assert [(found.kind, found.seq, found.last_seq) for found in report(store).findings] == [("removed", 5, 6)]


def test_chain_of_one_store_does_not_pass_for_that_of_another(store, store_settings, tmp_path, clock):
    """A whole chain with its head, moved to a store with other keys."""
    from lfr_kit.config import StoreSettings
    from lfr_kit.store.key_places import save_master_keys
    from lfr_kit.store.master_key import new_master_keys

    append(store, line(), line())
    stored = [dict(row._mapping) for row in rows(store)]
    with store.reading() as connection:
        head = dict(connection.execute(select(audit_head)).one()._mapping)
    other = StoreSettings(url=f"sqlite:///{tmp_path / 'other' / 's.sqlite'}", key_file=tmp_path / "other.key")
    save_master_keys(new_master_keys(), other)
    assert load_master_keys(other).current_id != load_master_keys(store_settings).current_id
    with Store.create(other, clock) as elsewhere:
        with elsewhere.engine.begin() as connection:
            connection.execute(delete(audit_entries))
            connection.execute(delete(audit_head))
            connection.execute(insert(audit_entries), stored)
            connection.execute(insert(audit_head), [head])
        kinds = [(found.kind, found.seq) for found in report(elsewhere).findings]
    assert kinds == [("head", 0), ("changed", 1), ("changed", 2), ("changed", 3)]
