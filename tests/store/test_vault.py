"""Sealing and destroying. Referee: the `cryptography` library used by hand, and the stored bytes."""

from __future__ import annotations

import hmac
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from lfr_kit.errors import KeyDestroyedError, TamperedError, WrongKeyError
from lfr_kit.store.master_key import new_master_keys
from lfr_kit.store.tables.keys import data_keys, destroyed_keys
from lfr_kit.store.vault import NONCE_BYTES, Vault

ABOUT = "entries:E-1:details"


@pytest.fixture
def connection(store):
    with store.engine.begin() as open_connection:
        yield open_connection


def raw_key(store, row) -> bytes:
    """By hand, as the documentation says."""
    master = store.vault.master.keys[row.master_key_id]
    about = f"data_keys:{row.key_id}:{row.scope}".encode()
    return AESGCM(master).decrypt(row.wrapped[:12], row.wrapped[12:], about)


def row_of(connection, scope):
    return connection.execute(select(data_keys).where(data_keys.c.scope == scope)).one_or_none()


def test_sealed_bytes_are_aes_gcm_under_a_key_derived_from_the_data_key(store, connection):
    key = store.vault.new_key(connection, "watchlist:W-1", store.clock())
    sealed = key.seal(b"Erika Mustermann", ABOUT)
    raw = raw_key(store, row_of(connection, "watchlist:W-1"))
    derived = HKDF(SHA256(), 32, salt=None, info=b"lfr_kit seal").derive(raw)
    assert AESGCM(derived).decrypt(sealed[:12], sealed[12:], ABOUT.encode()) == b"Erika Mustermann"
    mac_key = HKDF(SHA256(), 32, salt=None, info=b"lfr_kit mac").derive(raw)
    assert key.mac(b"PNC-1") == hmac.digest(mac_key, b"PNC-1", "sha256").hex()


def test_data_key_is_stored_wrapped_only(store, connection):
    store.vault.new_key(connection, "watchlist:W-1", store.clock())
    row = row_of(connection, "watchlist:W-1")
    raw = raw_key(store, row)
    assert raw not in bytes(row.wrapped)
    assert len(row.wrapped) == NONCE_BYTES + 32 + 16
    assert raw.hex() not in repr(store.vault.key(connection, "watchlist:W-1"))


def test_same_text_sealed_twice_looks_different(store, connection):
    key = store.vault.key(connection, "store")
    assert len({key.seal(b"same", ABOUT) for _ in range(50)}) == 50


@pytest.mark.parametrize("at", [0, 5, NONCE_BYTES, -1])
def test_sealed_bytes_that_were_changed_do_not_open(store, connection, at):
    key = store.vault.key(connection, "store")
    sealed = bytearray(key.seal(b"Erika Mustermann", ABOUT))
    sealed[at] ^= 1
    with pytest.raises(TamperedError, match=ABOUT):
        key.open(bytes(sealed), ABOUT)


@pytest.mark.parametrize("cut", [b"", b"short", bytes(NONCE_BYTES), bytes(40)])
def test_bytes_that_were_never_sealed_do_not_open(store, connection, cut):
    with pytest.raises(TamperedError):
        store.vault.key(connection, "store").open(cut, ABOUT)


def test_sealed_bytes_moved_to_another_place_or_scope_do_not_open(store, connection):
    key = store.vault.key(connection, "store")
    sealed = key.seal(b"Erika Mustermann", ABOUT)
    with pytest.raises(TamperedError, match="entries:E-2"):
        key.open(sealed, "entries:E-2:details")
    with pytest.raises(TamperedError):
        store.vault.key(connection, "audit").open(sealed, ABOUT)


def test_data_key_moved_to_another_scope_does_not_open(store, connection):
    store.vault.new_key(connection, "watchlist:W-1", store.clock())
    connection.execute(update(data_keys).where(data_keys.c.scope == "watchlist:W-1").values(scope="watchlist:W-2"))
    with pytest.raises(WrongKeyError, match="watchlist:W-2"):
        store.vault.key(connection, "watchlist:W-2")


@pytest.fixture(scope="module")
def lone_key():
    from lfr_kit.store.vault import _data_key

    return _data_key("K-1", "store", b"r" * 32)


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet=st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(value=plain)
def test_json_of_any_text_opens_as_it_was_sealed(lone_key, value):
    assert lone_key.open_json(lone_key.seal_json(value, ABOUT), ABOUT) == value


@given(data=st.binary(max_size=200))
def test_any_bytes_open_as_they_were_sealed(lone_key, data):
    assert lone_key.open(lone_key.seal(data, ABOUT), ABOUT) == data


def test_scope_has_one_key_only(store):
    with pytest.raises(IntegrityError), store.engine.begin() as connection:
        store.vault.new_key(connection, "store", store.clock())


def test_destroyed_key_opens_nothing_any_more_and_leaves_only_its_name(store):
    with store.engine.begin() as connection:
        key_id = store.vault.new_key(connection, "watchlist:W-1", store.clock()).key_id
        store.vault.key(connection, "watchlist:W-1")
    with store.engine.begin() as connection:
        wrapped = store.vault.destroy(connection, "watchlist:W-1", store.clock())
    with store.reading() as connection:
        with pytest.raises(KeyDestroyedError, match="watchlist:W-1"):
            store.vault.key(connection, "watchlist:W-1")
        assert row_of(connection, "watchlist:W-1") is None
        (left,) = connection.execute(select(destroyed_keys)).all()
    assert (left.key_id, left.scope, left.destroyed_at) == (key_id, "watchlist:W-1", store.clock())
    assert isinstance(wrapped, bytes)
    assert len(wrapped) == NONCE_BYTES + 32 + 16
    assert key_id not in store.vault._unwrapped


def test_destruction_that_is_not_committed_did_not_happen(store):
    with store.engine.begin() as connection:
        store.vault.new_key(connection, "watchlist:W-1", store.clock())

    def fail():
        with store.engine.begin() as connection:
            store.vault.destroy(connection, "watchlist:W-1", store.clock())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with store.reading() as connection:
        assert store.vault.key(connection, "watchlist:W-1").open_json


def test_destroying_what_is_not_there_does_nothing(store, connection):
    assert store.vault.destroy(connection, "watchlist:W-9", store.clock()) is None


def test_key_seen_by_a_thread_during_its_destruction_is_not_kept(store):
    with store.engine.begin() as connection:
        key_id = store.vault.new_key(connection, "watchlist:W-1", store.clock()).key_id
    with store.reading() as older:
        store.vault.has_key(older, "watchlist:W-1")  # this transaction goes on seeing it
        with store.engine.begin() as connection:
            store.vault.destroy(connection, "watchlist:W-1", store.clock())
        store.vault.key(older, "watchlist:W-1")
    assert key_id not in store.vault._unwrapped


def test_wrong_master_key_unwraps_nothing(store, connection):
    stranger = Vault(new_master_keys())
    with pytest.raises(WrongKeyError, match=r"store\.key_source"):
        stranger.key(connection, "store")
    with pytest.raises(WrongKeyError):
        stranger.check(connection)
    with pytest.raises(WrongKeyError, match="not at hand"):
        stranger.new_key(connection, "watchlist:W-1", store.clock())


def test_store_without_its_own_key_is_damaged(store, connection):
    connection.execute(delete(data_keys).where(data_keys.c.scope == "store"))
    with pytest.raises(WrongKeyError, match="damaged"):
        store.vault.check(connection)


def test_vault_is_shared_by_threads(store):
    scopes = [f"watchlist:W-{i}" for i in range(8)]
    with store.engine.begin() as connection:
        for scope in scopes:
            store.vault.new_key(connection, scope, store.clock())

    def use(i):
        scope = scopes[i % len(scopes)]
        with store.reading() as connection:
            key = store.vault.key(connection, scope)
            return key.open(key.seal(scope.encode(), ABOUT), ABOUT).decode() == scope

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(use, range(200)))


@pytest.mark.parametrize("written", ["x'00'", "x''", "'a text'"])
def test_wrapped_key_that_is_none_does_not_open(store, written):
    if store.engine.dialect.name != "sqlite":
        written = r"'\x00'"
    with store.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE data_keys SET wrapped = {written} WHERE scope = 'store'")
        with pytest.raises(WrongKeyError, match="restore the key or the store"):
            store.vault.check(connection)
        with pytest.raises(TamperedError):
            store.vault.key(connection, "audit").open("a text", "a:b:c")


def test_rewrap_changes_the_wrapping_and_nothing_else(store):
    with store.engine.begin() as connection:
        key = store.vault.new_key(connection, "watchlist:W-1", store.clock())
        sealed = key.seal(b"Erika Mustermann", ABOUT)
        before = {row.scope: row for row in connection.execute(select(data_keys))}
    both = store.vault.master.with_successor()
    with store.engine.begin() as connection:
        assert store.vault.rewrap(connection, both, store.clock()) == len(before)
    alone = Vault(both.current_only())
    with store.reading() as connection:
        after = {row.scope: row for row in connection.execute(select(data_keys))}
        assert alone.key(connection, "watchlist:W-1").open(sealed, ABOUT) == b"Erika Mustermann"
        assert alone.check_all(connection) == {both.current_id: len(before)}
    assert {scope: row.key_id for scope, row in after.items()} == {s: row.key_id for s, row in before.items()}
    assert all(after[scope].wrapped != before[scope].wrapped for scope in before)
    assert {row.rewrapped_at for row in after.values()} == {store.clock()}


def test_rewrap_with_a_damaged_key_changes_nothing(store):
    with store.engine.begin() as connection:
        store.vault.new_key(connection, "watchlist:W-1", store.clock())
        connection.execute(update(data_keys).where(data_keys.c.scope == "watchlist:W-1").values(wrapped=bytes(60)))
        before = connection.execute(select(data_keys).order_by(data_keys.c.key_id)).all()
    with pytest.raises(WrongKeyError, match="watchlist:W-1"), store.engine.begin() as connection:
        store.vault.rewrap(connection, store.vault.master.with_successor(), store.clock())
    with store.reading() as connection:
        assert connection.execute(select(data_keys).order_by(data_keys.c.key_id)).all() == before


def test_vault_reads_the_master_key_anew_where_it_was_rotated_beside(store):
    old = store.vault.master
    both = old.with_successor()
    with store.engine.begin() as connection:
        store.vault.rewrap(connection, both, store.clock())
    asked = []
    runner = Vault(old, reload=lambda: asked.append(1) or both.current_only())
    with store.engine.begin() as connection:
        made = runner.new_key(connection, "deployment:D-1", store.clock())
        row = row_of(connection, "deployment:D-1")
        assert row.master_key_id == both.current_id
        assert runner.key(connection, "deployment:D-1").open(made.seal(b"x", ABOUT), ABOUT) == b"x"
    assert asked == [1]
