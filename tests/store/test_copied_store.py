"""A store copied without its key is useless: nothing of anybody is in its bytes in the clear.

Referee: the bytes of every file of the database, searched for what was put in through the front door. The search
itself is proven by what stands there openly, and by the same store written without sealing.
"""

from __future__ import annotations

import base64
from datetime import date
from pathlib import Path

import pytest
from alerted import OFFICER, OPERATOR, Opened, shot
from frozen_lists import frozen_list, picture, planned, somebody
from governed import person
from quick_passwords import GOOD, quick_passwords
from retained import add_user, hold_request
from sqlalchemy import LargeBinary, select, text, update

from lfr_kit.errors import KeyMissingError, TamperedError, WrongKeyError
from lfr_kit.governance.adjudication import DecisionReason, Verdict
from lfr_kit.governance.roles import Role
from lfr_kit.operations import adjudication, alerts, holds, users
from lfr_kit.store.connection import database_file
from lfr_kit.store.key_places import save_master_keys
from lfr_kit.store.master_key import new_master_keys
from lfr_kit.store.repository import reference_pictures
from lfr_kit.store.store import Store
from lfr_kit.store.tables import metadata
from lfr_kit.store.vault import Vault

NAME = "Erika Mustermann-Quetzalcoatl"
PERSON_REF = "PNC/77-REFERENCE-77"
NOTE = "carries a knife in the left boot"
LEGAL_BASIS = "warrant number WX-9931-TT"
BORN = date(1971, 3, 29)
PICTURE = b"\xff\xd8" + bytes(range(1, 255)) * 4 + b"\xff\xd9"
DECISION_NOTE = "same scar above the right eyebrow"
HOLD_REASON = "needed at the trial of the Exampleton robbers"
CASE_REF = "CR/26/991177"
OFFICER_NAME = "Inspector Wilhelmina Ottokar"
PLACE = "Corner of Quince Street and Marmalade Row"
REASON = "because the superintendent of Zwickau asked"
PASSWORD = GOOD
assert quick_passwords


@pytest.fixture
def full_store(store, clock, quick_passwords):
    """A store in which everything personal that there can be is put in as the program puts it in."""
    users.add_first(store, users.NewUser("boss", frozenset({Role.ADMINISTRATOR}), OFFICER_NAME), PASSWORD)
    one = somebody(1, person_ref=PERSON_REF, name=NAME, note=NOTE, legal_basis=LEGAL_BASIS, date_of_birth=BORN)
    one.pictures[0] = picture(1, jpeg=PICTURE)
    frozen_list(store, planned(store, "D-1", place=PLACE), [one])
    opened = Opened(store)
    alert_id = alerts.raise_alert(store, opened.deployment_id, opened.alert(0, shot=shot(seed=5)))
    alerts.view(store, OPERATOR, alert_id, reason=REASON)
    adjudication.decide(store, OPERATOR, alert_id, Verdict.VIABLE, DecisionReason.SAME_MARKS, note=DECISION_NOTE)
    alerts.view(store, OFFICER, alert_id)
    add_user(store, "silver-2", Role.SILVER)
    holds.place_hold(
        store, person(Role.GOLD), alert_id, hold_request(clock, reason=HOLD_REASON, case_ref=CASE_REF)
    )
    return store


def secrets() -> dict[str, bytes]:
    """What must not be found, in every dress it might stand there in."""
    words = (NAME, PERSON_REF, NOTE, LEGAL_BASIS, DECISION_NOTE, HOLD_REASON, CASE_REF, OFFICER_NAME, PLACE)
    plain = {word: word.encode() for word in (*words, REASON, PASSWORD, BORN.isoformat(), "Sought Person 0")}
    vector = picture(1).vector
    plain |= {
        "picture": PICTURE[100:160],
        "template": vector.tobytes()[:32],
        "template64": vector.astype("f8").tobytes()[:32],
    }
    return plain


def dresses(secret: bytes):
    yield secret
    yield secret.hex().encode()
    yield secret.hex().upper().encode()
    for skipped in range(3):  # base64 of it, wherever in a longer text it begins
        encoded = base64.b64encode(secret[skipped:])
        yield encoded[: len(encoded) // 4 * 4 - 4]
    if secret.isascii():
        yield secret.decode().encode("utf-16-le")
        yield secret.decode().encode("utf-16-be")


def files_of(store, server_folder) -> list[Path]:
    file = database_file(store.engine.url.render_as_string(hide_password=False))
    folder = file.parent if file else server_folder / "data"
    return [path for path in folder.rglob("*") if path.is_file()]


def found_in(store, server_folder, wanted: dict[str, bytes]) -> set[str]:
    with store.engine.connect() as connection:
        if store.engine.dialect.name == "postgresql":
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("CHECKPOINT"))
    searched = [path.read_bytes() for path in files_of(store, server_folder)]
    return {
        name
        for name, secret in wanted.items()
        if any(dress in content for dress in dresses(secret) for content in searched)
    }


@pytest.fixture
def server_folder(store, request):
    if store.engine.dialect.name == "sqlite":
        return None
    return request.getfixturevalue("postgresql_server").folder


def test_copied_store_holds_nothing_personal_in_the_clear(full_store, server_folder):
    assert found_in(full_store, server_folder, secrets()) == set()
    openly = {word: word.encode() for word in ("D-0000000001", "wanted_by_courts", "alert.view", "boss")}
    assert found_in(full_store, server_folder, openly) == set(openly)


def test_search_finds_what_is_not_sealed(full_store, server_folder):
    def encoded(word: str) -> bytes:
        return base64.b64encode(b"xy" + word.encode() + b"z")

    with full_store.engine.begin() as connection:
        for name, kept in (
            ("plain", NAME.encode()),
            ("base64", encoded(NOTE)),
            ("hex", DECISION_NOTE.encode().hex()),
        ):
            value = kept if isinstance(kept, str) else kept.decode()
            connection.execute(
                text("INSERT INTO store_info VALUES (:name, :value)"), {"name": name, "value": value}
            )
    assert found_in(full_store, server_folder, secrets()) == {NAME, NOTE, DECISION_NOTE}


def test_copied_store_does_not_open_under_any_other_key(full_store, store_settings, clock):
    full_store.close()
    save_master_keys(new_master_keys(), store_settings, replace=True)
    with pytest.raises(WrongKeyError):
        Store.open(store_settings, clock)
    store_settings.key_file.unlink()
    with pytest.raises(KeyMissingError):
        Store.open(store_settings, clock)


def test_copied_store_with_keys_of_another_store_put_in_opens_nothing(full_store, clock):
    """Who may write the database can put wrapped keys of his own there: what is sealed stays closed."""
    own = new_master_keys()
    stranger = Vault(own)
    with full_store.engine.begin() as connection:
        for row in connection.execute(text("SELECT key_id, scope FROM data_keys")).all():
            about = f"data_keys:{row.key_id}:{row.scope}"
            connection.execute(
                text("UPDATE data_keys SET master_key_id = :own, wrapped = :wrapped WHERE key_id = :key_id"),
                {"own": own.current_id, "wrapped": own.wrap(b"s" * 32, about), "key_id": row.key_id},
            )
        alert = connection.execute(select(metadata.tables["alerts"])).mappings().first()
        key = stranger.key(connection, f"deployment:{alert['deployment_id']}")
        for column in ("sealed_probe", "sealed_reference", "sealed_details"):
            with pytest.raises(TamperedError):
                key.open(alert[column], f"alerts:{alert['alert_id']}:{column.removeprefix('sealed_')}")
        with pytest.raises(WrongKeyError):
            full_store.vault.check(connection)


def test_every_sealed_column_that_is_filled_looks_random(full_store):
    """No sealed column holds readable text: none was passed by."""
    seen = set()
    with full_store.reading() as connection:
        for table in metadata.sorted_tables:
            columns = [column for column in table.columns if isinstance(column.type, LargeBinary)]
            for column in columns:
                for value in connection.execute(select(column).where(column.is_not(None))).scalars():
                    seen.add(f"{table.name}.{column.name}")
                    kept = bytes(value)
                    assert len(kept) >= 28
                    longest = max(map(len, "".join(chr(b) if 32 <= b < 127 else " " for b in kept).split()))
                    assert longest < 24 + len(kept) // 500, f"{table.name}.{column.name} reads as text"
    assert {"entries.sealed_details", "pictures.sealed_picture", "alerts.sealed_probe"} <= seen
    assert {"pictures.sealed_template", "holds.sealed_reason", "users.sealed_name"} <= seen


def test_ciphertext_moved_to_another_person_does_not_open(full_store):
    pictures = metadata.tables["pictures"]
    with full_store.engine.begin() as connection:
        rows = connection.execute(select(pictures)).mappings().all()
        same_list = [row for row in rows if row["watchlist_id"] == rows[-1]["watchlist_id"]]
        one, other = same_list[:2]
        connection.execute(
            update(pictures)
            .where(pictures.c.picture_id == one["picture_id"])
            .values(sealed_picture=other["sealed_picture"])
        )
        key = full_store.vault.key(connection, f"watchlist:{one['watchlist_id']}")
        with pytest.raises(TamperedError, match=one["picture_id"]):
            reference_pictures.best_picture(connection, key, one["entry_id"])
