"""The border of an alert: what goes over it, what does not, when it is closed, and who sees what behind it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from io import BytesIO

import numpy as np
import pytest
from alerted import CAMERA, OFFICER, OPERATOR, OTHER_OPERATOR, SILVER, Opened, logged, make_alert, shot
from governed import person
from PIL import Image
from recorded import authority
from sqlalchemy import func, select, text

from lfr_kit.errors import (
    AuthorityError,
    InputError,
    JustificationError,
    KeyDestroyedError,
    NotInStoreError,
    PermissionRefusedError,
    StateError,
    WatchlistError,
)
from lfr_kit.governance.adjudication import DecisionReason, Verdict
from lfr_kit.governance.roles import Role
from lfr_kit.governance.vocabulary import AlertState, DeploymentState, EntryStatus, Operation, Response
from lfr_kit.operations.alerts import (
    REPEAT_WITHIN_S,
    decide,
    handed_over,
    queue,
    raise_alert,
    raise_pending,
    view,
)
from lfr_kit.store.repository import alerts as rows
from lfr_kit.store.tables.alerts import alert_events, alerts


@pytest.fixture
def opened(store) -> Opened:
    return Opened(store)


def stored(store, alert_id):
    with store.reading() as connection:
        return rows.alert(connection, alert_id)


def events(store, alert_id):
    with store.reading() as connection:
        return rows.events(connection, alert_id)


def n_rows(store, table) -> int:
    with store.reading() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def test_raise_stores_the_pixels_the_card_and_the_numbers(store, opened):
    alert_id = raise_alert(store, opened.deployment_id, opened.alert(2))
    seen = view(store, OPERATOR, alert_id)
    assert (seen.name, seen.person_ref, seen.note) == ("Sought Person 2", "PNC/2", "approach with care")
    assert (seen.camera_id, seen.response, seen.category) == (CAMERA, "red", "wanted_by_courts")
    assert seen.status_verified_at == store.clock()
    assert seen.reference_jpeg == opened.reference_jpeg(2)
    probe = np.asarray(Image.open(BytesIO(seen.probe_jpeg))).astype(int)
    apart = np.abs(probe - shot().image.astype(int)).mean(axis=2)
    assert apart[30:90, 30:90].mean() < 4
    assert apart[:8, :8].mean() > 8  # what lies beside the head, where another may stand, is not kept
    kept = stored(store, alert_id)
    assert (kept.similarity, kept.threshold, kept.n_enrolled) == (pytest.approx(0.71), 0.64, 3)


def test_raise_leaves_no_metadata_in_the_probe(store, opened):
    seen = view(store, OPERATOR, raise_alert(store, opened.deployment_id, opened.alert()))
    picture = Image.open(BytesIO(seen.probe_jpeg))
    assert not picture.getexif()
    assert not {"comment", "icc_profile", "exif"} & set(picture.info)


def test_raise_leaves_nothing_in_the_clear(store, opened):
    alert_id = raise_alert(store, opened.deployment_id, opened.alert(1))
    seen = view(store, OPERATOR, alert_id)
    with store.reading() as connection:
        everything = repr(connection.execute(select(alerts)).all()) + repr(
            connection.execute(select(alert_events)).all()
        )
        sealed = b"".join(
            bytes(value)
            for value in connection.execute(select(alerts)).one()
            if isinstance(value, bytes | memoryview)
        )
    assert "Sought Person" not in everything
    assert "PNC/" not in everything
    assert "wanted_by_courts" not in everything
    for plain in (seen.probe_jpeg, seen.reference_jpeg, b"Sought Person", b"JFIF"):
        assert plain[:200] not in sealed


def test_raise_keeps_no_template(store, opened):
    """Not one of the numbers that stand for the face is anywhere in the alert's rows."""
    alert_id = raise_alert(store, opened.deployment_id, opened.alert())
    with store.reading() as connection:
        faces = rows.faces(connection, store.vault.key(connection, f"deployment:{opened.deployment_id}"), alert_id)
    assert set(asdict(faces)) == {"probe_jpeg", "reference_jpeg", "details"}
    assert set(faces.details) == {
        "name", "person_ref", "category", "captured_on", "status_verified_at", "note", "blind_first_look",
        "captured_at",
    }  # fmt: skip
    assert not [column.name for column in alerts.c if "template" in column.name or "vector" in column.name]


def test_raise_twice_is_stored_and_logged_once(store, opened):
    alert = opened.alert()
    assert raise_alert(store, opened.deployment_id, alert) == raise_alert(store, opened.deployment_id, alert)
    assert n_rows(store, alerts) == 1
    assert [event.kind for event in events(store, alert.alert_id)] == ["raised"]
    assert len(logged(store, "alert.raise")) == 1


def test_raise_is_refused_unless_the_deployment_is_open(store, opened):
    for state in set(DeploymentState) - {DeploymentState.OPEN}:
        opened.move(state)
        with pytest.raises(StateError, match=f"is {state}"):
            raise_alert(store, opened.deployment_id, opened.alert())
    assert n_rows(store, alerts) == 0


@pytest.mark.parametrize("seconds", [0, 1])
def test_raise_is_refused_from_the_end_of_the_window_though_nobody_closed_it(store, opened, clock, seconds):
    clock.now = opened.plan.ends_at + timedelta(seconds=seconds)
    with pytest.raises(StateError, match="when its authority had ended"):
        raise_alert(store, opened.deployment_id, opened.alert())
    assert n_rows(store, alerts) == 0


def test_alert_that_waited_is_refused_if_it_was_raised_after_the_closing(store, opened, clock):
    before = handed_over(opened.deployment_id, opened.alert(0), clock.now)
    clock.advance(seconds=30)
    opened.move(DeploymentState.CLOSED, closed_at=clock.now)
    after = handed_over(opened.deployment_id, opened.alert(1), clock.now)
    assert raise_pending(store, before, was_spooled=True) == before.alert_id
    with pytest.raises(StateError, match="when its authority had ended"):
        raise_pending(store, after, was_spooled=True)
    assert n_rows(store, alerts) == 1


def test_raise_is_refused_in_a_deployment_that_is_not_there(store, opened):
    with pytest.raises(NotInStoreError, match="lfr deployment list"):
        raise_alert(store, "D-nowhere", opened.alert())


def test_raise_is_refused_for_an_entry_that_is_not_approved(store, opened):
    for status in set(EntryStatus) - {EntryStatus.APPROVED}:
        opened.change_entry(0, status=str(status))
        with pytest.raises(WatchlistError, match="is not searched"):
            raise_alert(store, opened.deployment_id, opened.alert(0))
    assert n_rows(store, alerts) == 0


def test_raise_is_refused_for_an_expired_entry_from_that_moment(store, opened, clock):
    opened.change_entry(0, expires_at=clock.now + timedelta(minutes=5))
    raise_alert(store, opened.deployment_id, opened.alert(0))
    clock.advance(minutes=5)
    with pytest.raises(WatchlistError, match="expired"):
        raise_alert(store, opened.deployment_id, opened.alert(0))


def test_raise_is_refused_for_an_entry_of_another_deployment(store, opened):
    other = Opened(store, "D-0000000002")
    with pytest.raises(WatchlistError, match="not on its list"):
        raise_alert(store, opened.deployment_id, other.alert())


def test_raise_is_refused_for_an_id_that_another_deployment_has(store, opened):
    other = Opened(store, "D-0000000002")
    raise_alert(store, other.deployment_id, other.alert(alert_id="A-1"))
    with pytest.raises(StateError, match="another deployment"):
        raise_alert(store, opened.deployment_id, opened.alert(alert_id="A-1"))


def test_raise_is_refused_for_what_the_authority_does_not_cover(store, opened):
    uncovered = [
        ({"shot": shot("shop window")}, "camera 'shop window'"),
        ({"shot": shot("'; DROP TABLE alerts; --")}, "is not one of the authority's"),
        ({"score_scale": "z_norm"}, "another"),
        ({"threshold": 0.5, "comparison_score": 0.6}, "below the threshold in force, 0.64"),
    ]
    for changes, finding in uncovered:
        with pytest.raises(AuthorityError, match="does not cover") as refused:
            raise_alert(store, opened.deployment_id, opened.alert(**changes))
        assert finding in refused.value.findings[0]
    assert n_rows(store, alerts) == 0


def test_raise_is_held_against_the_threshold_in_force(store, opened):
    opened.move(DeploymentState.OPEN, threshold=0.75)
    with pytest.raises(AuthorityError, match=r"0\.75"):
        raise_alert(store, opened.deployment_id, opened.alert())


def test_raise_takes_a_permitted_role(store, opened):
    able = {Role.LFR_OPERATOR, Role.BRONZE, Role.SILVER, Role.SYSTEM}
    for role in able:
        raise_alert(store, opened.deployment_id, opened.alert(), actor=person(role))
    for role in set(Role) - able:
        with pytest.raises(PermissionRefusedError):
            raise_alert(store, opened.deployment_id, opened.alert(), actor=person(role))
    assert n_rows(store, alerts) == len(able)


def test_raise_refuses_a_forged_id(store, opened):
    for alert_id in ("../../master.key", "x' OR '1'='1", "", "a" * 41):
        with pytest.raises(InputError, match="alert id"):
            raise_alert(store, opened.deployment_id, opened.alert(alert_id=alert_id))
    assert n_rows(store, alerts) == 0


def test_repeat_is_linked_to_the_first_alert_of_the_same_person(store, opened, clock):
    first = raise_alert(store, opened.deployment_id, opened.alert(0))
    clock.advance(seconds=REPEAT_WITHIN_S - 1)
    second = raise_alert(store, opened.deployment_id, opened.alert(0, shot=shot("north-2")))
    clock.advance(seconds=REPEAT_WITHIN_S - 1)
    third = raise_alert(store, opened.deployment_id, opened.alert(0))
    someone_else = raise_alert(store, opened.deployment_id, opened.alert(1))
    clock.advance(seconds=REPEAT_WITHIN_S + 1)
    later = raise_alert(store, opened.deployment_id, opened.alert(0))
    links = [stored(store, alert_id).repeat_of for alert_id in (first, second, third, someone_else, later)]
    assert links == [None, first, first, None, None]


def test_repeat_is_never_linked_across_deployments(store, opened):
    raise_alert(store, opened.deployment_id, opened.alert(0))
    other = Opened(store, "D-0000000002")
    assert stored(store, raise_alert(store, other.deployment_id, other.alert(0))).repeat_of is None


def test_queue_goes_by_colour_then_time_and_names_nobody(store, opened, clock):
    raised = []
    for n in (0, 1, 2, 1, 2):  # green, amber, red, amber, red
        raised.append(raise_alert(store, opened.deployment_id, opened.alert(n)))
        clock.advance(seconds=1)
    waiting = queue(store, OPERATOR, opened.deployment_id)
    assert [each.alert_id for each in waiting] == [raised[i] for i in (2, 4, 1, 3, 0)]
    assert [each.response for each in waiting] == [Response.RED] * 2 + [Response.AMBER] * 2 + [Response.GREEN]
    assert "Sought" not in repr(waiting)
    assert not {"similarity", "comparison_score", "threshold"} & set(asdict(waiting[0]))


def test_queue_is_of_one_deployment(store, opened):
    other = Opened(store, "D-0000000002")
    raise_alert(store, other.deployment_id, other.alert())
    assert queue(store, OPERATOR, opened.deployment_id) == []


def test_queue_of_no_deployment_is_refused(store, opened):
    for deployment_id in ("D-nowhere", "x' OR '1'='1"):
        with pytest.raises(NotInStoreError):
            queue(store, OPERATOR, deployment_id)


def test_queue_and_view_are_refused_to_other_roles_and_the_refusal_logged(store, opened):
    alert_id = raise_alert(store, opened.deployment_id, opened.alert())
    unable = [Role.ANALYST, Role.ADMINISTRATOR, Role.WATCHLIST_MANAGER, Role.WATCHLIST_REVIEWER]
    for role in unable:
        with pytest.raises(PermissionRefusedError):
            queue(store, person(role), opened.deployment_id)
        with pytest.raises(PermissionRefusedError):
            view(store, person(role), alert_id, reason="curious")
    assert [row.actor_id for row in logged(store, "refused:alert.view")] == [
        f"{r}-1" for r in unable for _ in "12"
    ]
    assert stored(store, alert_id).state is AlertState.RAISED


def test_first_look_is_blind_and_the_score_comes_with_the_decision(store, opened):
    alert_id = raise_alert(store, opened.deployment_id, opened.alert())
    before = view(store, OPERATOR, alert_id)
    for number in ("0.71", "0.64", "n_enrolled", "similarity"):
        assert number not in repr(before)
    decide(store, OPERATOR, alert_id, Verdict.VIABLE, DecisionReason.SAME_FEATURES)
    after = view(store, OPERATOR, alert_id)
    assert before.is_blind
    assert after.score.similarity == pytest.approx(0.71)
    assert after.score.threshold == 0.64


def test_first_look_is_blind_for_everybody(store, opened):
    alert_id = raise_alert(store, opened.deployment_id, opened.alert())
    for who in (OPERATOR, OFFICER, SILVER, person(Role.AUDITOR)):
        assert view(store, who, alert_id, reason="test").score is None


def test_first_look_that_nobody_decided_in_time_stays_blind_until_reviewed(store, opened, clock):
    alert_id = raise_alert(store, opened.deployment_id, opened.alert())
    clock.advance(hours=1)
    seen = view(store, OPERATOR, alert_id)
    assert (seen.state, seen.score) == (AlertState.UNCONFIRMED, None)


def test_first_look_with_the_score_if_the_authority_says_so(store):
    opened = Opened(store, plan=authority(blind_first_look=False))
    seen = view(store, OPERATOR, raise_alert(store, opened.deployment_id, opened.alert()))
    assert not seen.is_blind
    assert seen.score.comparison_score == pytest.approx(0.71)


def test_view_by_an_operator_is_a_step_and_by_others_is_not(store, opened):
    alert_id = raise_alert(store, opened.deployment_id, opened.alert())
    assert view(store, SILVER, alert_id).state is AlertState.RAISED
    assert view(store, OFFICER, alert_id).state is AlertState.RAISED
    assert view(store, OPERATOR, alert_id).state is AlertState.VIEWED
    assert view(store, OTHER_OPERATOR, alert_id).state is AlertState.VIEWED
    looked = [(event.actor_id, event.data["as_operator"]) for event in events(store, alert_id)[1:]]
    assert looked == [
        (SILVER.user_id, False),
        (OFFICER.user_id, False),
        (OPERATOR.user_id, True),
        (OTHER_OPERATOR.user_id, True),
    ]


def test_view_is_a_consultation_each_time_and_an_event_once(store, opened):
    alert_id = raise_alert(store, opened.deployment_id, opened.alert())
    for _ in range(3):
        view(store, OPERATOR, alert_id)
    assert [row.operation for row in logged(store, "alert.view")] == [Operation.CONSULTATION] * 3
    assert [event.kind for event in events(store, alert_id)] == ["raised", "viewed"]


def test_view_takes_a_reason_once_the_deployment_is_closed(store, opened):
    alert_id = raise_alert(store, opened.deployment_id, opened.alert())
    opened.move(DeploymentState.CLOSED)
    with pytest.raises(JustificationError):
        view(store, OPERATOR, alert_id)
    assert view(store, OPERATOR, alert_id, reason="court asks").name == "Sought Person 0"


def test_view_takes_a_reason_of_an_auditor(store, opened):
    alert_id = raise_alert(store, opened.deployment_id, opened.alert())
    with pytest.raises(JustificationError):
        view(store, person(Role.AUDITOR), alert_id)


def test_view_of_an_alert_that_is_not_there_is_refused(store, opened):
    with pytest.raises(NotInStoreError, match="lfr alerts list"):
        view(store, OPERATOR, "A-nothing")


def test_view_after_the_key_is_destroyed_shows_nothing(store, opened):
    alert_id = raise_alert(store, opened.deployment_id, opened.alert())
    with store.engine.begin() as connection:
        store.vault.destroy(connection, f"deployment:{opened.deployment_id}", store.clock())
    with pytest.raises(KeyDestroyedError):
        view(store, OPERATOR, alert_id)


def test_sql_in_every_text_field_is_text(store, opened):
    nasty = "'; DROP TABLE alerts; -- \" \\ %s :name {0}"
    alert_id = raise_alert(store, opened.deployment_id, opened.alert())
    view(store, OPERATOR, alert_id, reason=nasty)
    decide(store, OPERATOR, alert_id, Verdict.DISMISSED, DecisionReason.DIFFERENT_PERSON, note=nasty)
    with store.reading() as connection:
        key = store.vault.key(connection, f"deployment:{opened.deployment_id}")
        assert rows.events(connection, alert_id, key)[-1].note == nasty
        assert connection.execute(text("SELECT count(*) FROM alerts")).scalar_one() == 1


def test_note_that_is_too_long_or_misleads_is_refused(store, opened):
    alert_id = raise_alert(store, opened.deployment_id, opened.alert())
    view(store, OPERATOR, alert_id)
    for note in ("a" * 10_000_000, "name\u202egpj.exe", "null\0", "bell\x07"):
        with pytest.raises(InputError, match="note"):
            decide(store, OPERATOR, alert_id, Verdict.DISMISSED, DecisionReason.DIFFERENT_PERSON, note=note)
    assert stored(store, alert_id).state is AlertState.VIEWED


def test_alert_made_by_hand_is_the_engines(store, opened):
    """The helper of these tests makes what the engine makes, so that they mean something."""
    alert = make_alert(opened.entry_ids[0])
    assert len(alert.alert_id) == 32
    assert alert.shot.camera_id in opened.plan.camera_ids
