"""The audit log for auditors: a store tampered with row by row, read under a reason, checked against a copy."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from governed import person
from sqlalchemy import delete, insert, select, update

from lfr_kit.errors import (
    AuditChainError,
    ClockError,
    InputError,
    JustificationError,
    OutputError,
    PermissionRefusedError,
    TableError,
)
from lfr_kit.governance.roles import Action, Role
from lfr_kit.governance.vocabulary import Operation
from lfr_kit.operations import audit
from lfr_kit.operations.audit import AuditQuestion
from lfr_kit.store.store import Store
from lfr_kit.store.tables.audit import audit_entries, audit_head

ADMIN = person(Role.ADMINISTRATOR, name="boss")
AUDITOR = person(Role.AUDITOR)
OPERATOR = person(Role.LFR_OPERATOR)
SEQ = audit_entries.c.seq


def look(store, subject="alert:A-1", why="on duty", within=None, **details):
    with store.act(
        OPERATOR,
        Action.ALERT_VIEW,
        Operation.CONSULTATION,
        subject=subject,
        deployment_id=within,
        justification=why,
    ) as act:
        act.details.update(details)


@pytest.fixture
def used(store, clock):
    """A store with entries 1 to 8."""
    for i in range(2, 9):
        clock.advance(seconds=10)
        look(store, f"alert:A-{i}")
    return store


def show(store, **wanted):
    return audit.show(store, AUDITOR, AuditQuestion(**wanted), justification="inspection")


def verify(store):
    return audit.verify(store, AUDITOR, justification="weekly check")


def findings(store):
    return [(str(found.kind), found.seq, found.last_seq) for found in verify(store).report.findings]


def harm(store, *statements):
    with store.engine.begin() as connection:
        for statement in statements:
            connection.execute(statement)


def rows(store):
    with store.reading() as connection:
        return [dict(row._mapping) for row in connection.execute(select(audit_entries).order_by(SEQ))]


def test_verify_of_a_store_in_use_finds_nothing_and_is_logged_itself(used):
    steps = []
    done = audit.verify(used, AUDITOR, justification="weekly check", step=lambda: steps.append(1))
    assert (done.report.is_whole, done.is_logged, done.report.n_entries, len(steps)) == (True, True, 9, 9)
    begun, ended = show(used, action="audit.verify")
    assert (begun.details, begun.justification) == ({"phase": "begun"}, "weekly check")
    assert ended.details == {"phase": "ended", "entries": 9, "findings": [], "warnings": 0}


def test_verify_names_an_entry_in_which_anything_was_changed(used, clock):
    whole = rows(used)[4]
    special = {"at": clock() - timedelta(days=1), "sealed_details": b"nothing" * 8, "operation": "erasure"}
    for column in set(whole) - {"seq"}:
        harm(used, update(audit_entries).where(SEQ == 5).values({column: special.get(column, "f" * 32)}))
        assert findings(used) == [("changed", 5, 5)], column
        harm(used, update(audit_entries).where(SEQ == 5).values(whole))
    assert findings(used) == []
    ended = show(used, action="audit.verify", limit=3)[0]
    assert ended.details["findings"] == ["entry 5 was changed after it was written"]


@pytest.mark.parametrize("seq", [1, 4, 8])
def test_verify_names_a_removed_entry(used, seq):
    harm(used, delete(audit_entries).where(audit_entries.c.seq == seq))
    assert findings(used) == [("removed", seq, seq)]


def test_verify_names_entries_that_changed_places(used):
    harm(
        used,
        update(audit_entries).where(SEQ == 3).values(seq=100),
        update(audit_entries).where(SEQ == 6).values(seq=3),
        update(audit_entries).where(SEQ == 100).values(seq=6),
    )
    assert findings(used) == [("moved", 3, 3), ("moved", 6, 6)]


def test_verify_names_an_inserted_entry_copied_from_a_true_one(used):
    copied = {**rows(used)[4], "seq": 0}
    harm(used, insert(audit_entries).values(copied))
    assert ("inserted", 0, 0) in findings(used)


def test_verify_names_an_entry_whose_details_were_taken_from_another(used):
    harm(used, update(audit_entries).where(SEQ == 4).values(sealed_details=rows(used)[5]["sealed_details"]))
    assert findings(used) == [("changed", 4, 4)]
    assert [entry.is_readable for entry in show(used)][2:5] == [True, False, True]


def test_verify_still_works_and_says_so_when_the_head_is_gone(used):
    harm(used, delete(audit_head))
    done = verify(used)
    assert [(found.kind, found.seq) for found in done.report.findings] == [("head", 0)]
    assert not done.is_logged
    with pytest.raises((PermissionRefusedError, AuditChainError)):
        audit.verify(used, OPERATOR, justification="curious")


def test_verify_and_show_survive_garbage_in_every_column(used):
    harm(used, update(audit_entries).where(SEQ == 4).values(actor_id="\x1b[2J", subject="\u202e" * 9, hash=""))
    if used.engine.dialect.name == "sqlite":
        with used.engine.begin() as connection:
            connection.exec_driver_sql(
                "UPDATE audit_entries SET at = 'never', operation = x'ff00', previous_hash = 7 WHERE seq = 6"
            )
    assert {seq for _, seq, _ in findings(used)} == ({4, 6} if used.engine.dialect.name == "sqlite" else {4})
    assert not show(used, actor="\x1b[2J")[0].is_readable


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.AUDITOR, Role.ADMINISTRATOR, Role.SYSTEM}))
def test_log_is_read_and_checked_by_nobody_else(one_store, role):
    actor = person(role)
    with pytest.raises(PermissionRefusedError):
        audit.show(one_store, actor, AuditQuestion(), justification="curious")
    with pytest.raises(PermissionRefusedError):
        audit.verify(one_store, actor, justification="curious")
    with pytest.raises(PermissionRefusedError):
        audit.set_justification_policy(one_store, actor, is_mandatory=False, justification="tired of it")
    with pytest.raises(PermissionRefusedError):
        audit.accept_clock(one_store, actor, justification="tired of it")


@pytest.fixture(scope="module")
def one_store(tmp_path_factory):
    """One SQLite store for what is refused anyway."""
    from lfr_kit.config import StoreSettings
    from lfr_kit.store.key_places import save_master_keys
    from lfr_kit.store.master_key import new_master_keys

    folder = tmp_path_factory.mktemp("audit")
    chosen = StoreSettings(url=f"sqlite:///{folder / 'store' / 'lfr.sqlite'}", key_file=folder / "master.key")
    save_master_keys(new_master_keys(), chosen)
    with Store.create(chosen) as opened:
        yield opened


def test_show_filters_by_every_field(store, clock):
    for i in range(2, 7):
        clock.advance(hours=1)
        look(store, f"alert:A-{i}", within="D-1" if i % 2 else None)
    with (
        pytest.raises(PermissionRefusedError),
        store.act(
            OPERATOR,
            Action.WATCHLIST_VIEW,
            Operation.CONSULTATION,
            subject="watchlist:W-1",
            justification="curious",
        ),
    ):
        pass
    start = clock() - timedelta(hours=2)

    def seqs(**wanted):
        return [entry.seq for entry in show(store, until=clock() + timedelta(hours=1), **wanted) if entry.seq < 8]

    assert seqs(actor=OPERATOR.user_id) == [2, 3, 4, 5, 6, 7]
    assert seqs(actor="system") == [1]
    assert seqs(action="alert.view") == [2, 3, 4, 5, 6]
    assert seqs(action="watchlist.view") == seqs(action="watchlist") == [7]
    assert seqs(operation=Operation.COLLECTION) == [1]
    assert seqs(subject="alert:A-4") == [4]
    assert seqs(deployment="D-1") == [3, 5]
    assert seqs(since=start) == [4, 5, 6, 7]
    assert seqs(action="%") == seqs(action="alert_view") == seqs(action="' OR 1=1 --") == seqs(subject="%") == []
    assert [entry.seq for entry in show(store, action="alert", limit=2)] == [5, 6]


def test_show_gives_reasons_and_details_and_is_itself_logged(store):
    look(store, why="Grundgesetz; DROP TABLE audit_entries;--", n=3)
    (entry,) = show(store, action="alert")
    assert entry.justification == "Grundgesetz; DROP TABLE audit_entries;--"
    assert entry.details == {"n": 3}
    (reading,) = show(store, action="audit.view")
    assert (reading.actor_id, reading.operation, reading.justification) == (
        AUDITOR.user_id,
        "consultation",
        "inspection",
    )
    assert reading.details == {"asked": {"action": "alert", "limit": "50"}, "shown": 1}


def test_show_needs_a_reason_even_where_policy_asks_for_none(store):
    audit.set_justification_policy(store, ADMIN, is_mandatory=False, justification="trial")
    look(store, why="")
    with pytest.raises(JustificationError, match="--reason"):
        audit.show(store, AUDITOR, AuditQuestion(), justification=" ")
    with pytest.raises(JustificationError):
        audit.accept_clock(store, ADMIN, justification="")


@pytest.mark.parametrize("limit", [0, -1, 10_001])
def test_show_of_too_many_is_refused(one_store, limit):
    with pytest.raises(InputError, match="10,000"):
        audit.show(one_store, AUDITOR, AuditQuestion(limit=limit), justification="inspection")


@pytest.mark.parametrize("text", ["\x00", "\ud800", "x" * 10_000_000], ids=["zero", "half a sign", "long"])
def test_question_that_is_no_text_is_refused(one_store, text):
    for field in ("actor", "action", "subject", "deployment"):
        with pytest.raises(InputError, match="type it again"):
            audit.show(one_store, AUDITOR, AuditQuestion(**{field: text}), justification="inspection")


def test_policy_is_changed_and_changed_back_under_a_reason_each(store):
    with pytest.raises(JustificationError):
        audit.set_justification_policy(store, ADMIN, is_mandatory=False, justification="")
    audit.set_justification_policy(store, ADMIN, is_mandatory=False, justification="trial")
    look(store, why="")
    audit.set_justification_policy(store, ADMIN, is_mandatory=True, justification="trial over")
    with pytest.raises(JustificationError):
        look(store, why="")
    first, second = show(store, action="policy")
    assert first.details == {"before": "mandatory", "justification": "optional"}
    assert (second.actor_id, second.details["justification"]) == ("boss", "mandatory")


def test_policy_is_not_changed_by_the_environment(store, monkeypatch):
    for name in ("JUSTIFICATION", "STORE_JUSTIFICATION", "REASON"):
        monkeypatch.setenv(name, "optional")
    with pytest.raises(JustificationError):
        look(store, why="")


def test_clock_may_lag_two_minutes_and_no_more(used, clock):
    with used.reading() as connection:
        audit.check_clock(connection, clock() - timedelta(seconds=119))
        audit.check_clock(connection, clock() + timedelta(days=999))
        with pytest.raises(ClockError, match="accept-clock"):
            audit.check_clock(connection, clock() - timedelta(seconds=121))


def test_clock_that_was_once_far_ahead_is_accepted_by_an_administrator_and_logged(used, clock):
    clock.advance(days=3650)
    look(used)
    clock.advance(days=-3650)
    look(used)
    with used.reading() as connection, pytest.raises(ClockError):
        audit.check_clock(connection, clock())
    assert audit.accept_clock(used, ADMIN, justification="battery replaced") == timedelta(days=3650)
    with used.reading() as connection:
        audit.check_clock(connection, clock())
    (entry,) = show(used, action="clock")
    assert (entry.actor_id, entry.justification) == ("boss", "battery replaced")
    assert entry.details["behind_s"] == 3650 * 86400
    done = verify(used)
    assert done.report.is_whole
    assert [(found.kind, found.seq) for found in done.report.warnings] == [("clock", 10)]


def test_clock_is_not_known_when_the_head_is_gone(used, clock):
    harm(used, delete(audit_head))
    with used.reading() as connection, pytest.raises(ClockError, match="lfr audit verify"):
        audit.check_clock(connection, clock())


def copy_of(store, tmp_path):
    file = tmp_path / "copy.jsonl"
    return file, audit.export(store, AUDITOR, file, justification="monthly copy")


def compare(store, file):
    return audit.compare(store, AUDITOR, file, justification="monthly check")


def test_export_holds_the_chain_and_nothing_sealed(used, tmp_path):
    look(used, why="Witness Anna Example asked")
    file, n_copied = copy_of(used, tmp_path)
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert n_copied == len(lines) == 10
    assert lines[-1]["action"] == "audit.view"
    assert [line["hash"] for line in lines] == [row["hash"] for row in rows(used)[:10]]
    assert not any("sealed_details" in line for line in lines)
    assert show(used, action="audit.view")[0].operation == "disclosure"


def test_export_overwrites_nothing(used, tmp_path):
    file, _ = copy_of(used, tmp_path)
    with pytest.raises(OutputError, match="there already"):
        copy_of(used, tmp_path)
    assert len(file.read_text().splitlines()) == 9


def test_copy_shows_a_store_that_was_put_back_with_a_true_head(used, tmp_path):
    """What the chain alone cannot show: an old state in which everything fits."""
    with used.reading() as connection:
        head = dict(connection.execute(select(audit_head)).one()._mapping)
    look(used, "alert:A-embarrassing")
    file, _ = copy_of(used, tmp_path)
    assert compare(used, file).findings == ()
    harm(used, delete(audit_entries).where(SEQ > 8), update(audit_head).values(head))
    assert findings(used) == []
    found = compare(used, file)
    assert found.n_compared == 10
    assert found.findings == (
        "entry 9 of the copy is another in the store now",
        "entry 10 of the copy is another in the store now",
    )


def test_compare_logs_how_many_differences_it_found(used, tmp_path):
    file, _ = copy_of(used, tmp_path)
    harm(used, delete(audit_entries).where(SEQ == 3))
    compare(used, file)
    begun, ended = show(used, action="audit.verify")[-2:]
    assert (begun.details["phase"], begun.details["compared_with"]) == ("begun", str(file))
    assert (ended.details["phase"], ended.details["differences"]) == ("ended", 1)
    assert ended.details["findings"] == ["entry 3 of the copy is not in the store any more"]


def test_copy_shows_a_removed_entry_and_no_other(used, tmp_path):
    file, _ = copy_of(used, tmp_path)
    harm(used, delete(audit_entries).where(SEQ == 3))
    assert compare(used, file).findings == ("entry 3 of the copy is not in the store any more",)


BAD_COPIES = [
    b"\x00\xff",
    b"[]\n",
    b'{"seq": 1}\n',
    b'{"seq": "x", "hash": 1}\n',
    b"[" * 100_000,
    b"{" + b" " * 10_000_000,
    b'{"seq": 1e999, "hash": "x"}\n',
]


def test_file_that_is_no_copy_is_refused_with_its_line(one_store, tmp_path):
    for content in BAD_COPIES:
        (tmp_path / "bad").write_bytes(content)
        with pytest.raises(TableError, match="line 1"):
            compare(one_store, tmp_path / "bad")
    with pytest.raises(TableError, match="cannot be read"):
        compare(one_store, tmp_path / "nowhere")
    with pytest.raises(TableError, match="cannot be read"):
        compare(one_store, tmp_path)
