"""kill -9 at random moments while alerts are written and decided: what was acknowledged is there, once, and whole.

A killed process is not a power cut: whether the disk kept its word is not tested here.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alerted import OPERATOR, Opened
from governed import person
from recorded import authority
from sqlalchemy import select

from lfr_kit.governance.roles import Role
from lfr_kit.operations.alerts import view
from lfr_kit.operations.audit import verify
from lfr_kit.store.store import Store
from lfr_kit.store.tables.alerts import alert_events, alerts
from lfr_kit.store.tables.audit import audit_entries

PROGRAM = Path(__file__).with_name("killing.py")
TESTS = Path(__file__).parent.parent
N_PARTS = 5
"""Each with a store of its own: a round takes longer the more alerts there are."""


def killed(store, chosen, tmp_path, n_rounds, seed):
    """What children acknowledged before they were killed, and how long each lived."""
    now = datetime.now(UTC)  # children have the real clock
    plan = authority(decision_limit_s=3600.0, starts_at=now, ends_at=now + timedelta(hours=6))
    opened = Opened(store, plan=plan)
    settings_file = tmp_path / "settings.json"
    given = {"store": json.loads(chosen.model_dump_json()), "entry_ids": opened.entry_ids}
    settings_file.write_text(json.dumps(given))
    store.close()
    done = subprocess.run(
        [sys.executable, str(PROGRAM), str(settings_file), opened.deployment_id, str(n_rounds), str(seed)],
        env={"PYTHONPATH": f"{TESTS}:{TESTS.parent}", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


@pytest.mark.parametrize("part", range(N_PARTS))
def test_nothing_acknowledged_is_lost_or_doubled_by_kills(store, store_settings, tmp_path, part):
    n_rounds = (50 if store_settings.url.startswith("sqlite") else 10) // N_PARTS
    seed = random.SystemRandom().randrange(10**6)
    found = killed(store, store_settings, tmp_path, n_rounds, seed)
    try:
        check(store_settings, found, n_rounds)
    except AssertionError as error:
        raise AssertionError(f"seed {seed}, kills {found['kills']}") from error


def check(chosen, found, n_rounds):
    said, kills = found["said"], found["kills"]
    assert [words for words in said if words[0] == "fault"] == []
    assert len(kills) == 2 * n_rounds
    with Store.open(chosen) as store:
        with store.reading() as connection:
            if connection.dialect.name == "sqlite":
                assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
            states = {
                row.alert_id: row.state for row in connection.execute(select(alerts.c.alert_id, alerts.c.state))
            }
            happened = connection.execute(
                select(alert_events).order_by(alert_events.c.alert_id, alert_events.c.seq)
            ).all()
            log = connection.execute(select(audit_entries.c.action, audit_entries.c.subject)).all()
        check_acknowledged(said, states, happened)
        check_whole(states, happened)
        check_audited(states, happened, log)
        check_unacknowledged(said, states, happened, n_kills=n_rounds)
        report = verify(store, person(Role.AUDITOR), justification="after the kills").report
        assert report.findings == ()
        assert view(store, OPERATOR, next(iter(states))).name.startswith("Sought Person")
        assert len(states) >= max(n_rounds // 2, 1), "the kills left no time to write anything: nothing was tested"


def check_acknowledged(said, states, happened):
    """What a child said it had done, is done, and as it said."""
    decided = {event.alert_id: event.data["verdict"] for event in happened if event.kind == "decided"}
    looks = {(event.alert_id, event.actor_id) for event in happened if event.kind == "viewed"}
    for what, alert_id, *more in said:
        if what == "raised":
            assert alert_id in states
        elif what == "viewed":
            assert (alert_id, more[0]) in looks
        elif what == "decided":
            assert decided[alert_id] == more[0]


def check_whole(states, happened):
    """Each alert has its events without a gap, one raising, at most one decision, and the state they lead to."""
    of_alert = {alert_id: [event for event in happened if event.alert_id == alert_id] for alert_id in states}
    assert sum(map(len, of_alert.values())) == len(happened)
    for alert_id, events in of_alert.items():
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        kinds = Counter(event.kind for event in events)
        assert kinds["raised"] == 1
        assert kinds["decided"] <= 1
        assert events[-1].to_state == states[alert_id]


def check_audited(states, happened, log):
    """One entry for each raising and each decision; looks are logged each time."""
    raised = Counter(row.subject for row in log if row.action == "alert.raise")
    assert raised == Counter(f"alert:{alert_id}" for alert_id in states)
    decided = Counter(row.subject for row in log if row.action == "alert.adjudicate")
    made = Counter(f"alert:{event.alert_id}" for event in happened if event.kind in ("decided", "late_decision"))
    assert decided == made
    looked = {row.subject for row in log if row.action == "alert.view"}
    assert looked == {f"alert:{event.alert_id}" for event in happened if event.kind == "viewed"}


def check_unacknowledged(said, states, happened, n_kills):
    """A kill between commit and acknowledgement leaves one more than was said, never more than one a kill."""
    n_said = Counter(words[0] for words in said)
    assert 0 <= len(states) - n_said["raised"] <= n_kills
    n_decided = sum(event.kind == "decided" for event in happened)
    assert 0 <= n_decided - n_said["decided"] <= n_kills
