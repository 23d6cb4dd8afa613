"""Where the master key may lie, and where it may not. Referee: the modes and bytes of the files themselves."""

from __future__ import annotations

import os
import stat

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordSetError

from lfr_kit.config import StoreSettings
from lfr_kit.errors import ConfigurationError, KeyMissingError, VaultError, WrongKeyError
from lfr_kit.store.key_places import VARIABLE, has_master_keys, load_master_keys, place_in_words, save_master_keys
from lfr_kit.store.master_key import MasterKeys, new_master_keys


class MemoryKeyring(KeyringBackend):
    """A keyring of the system, without the system."""

    priority = 1

    def __init__(self):
        self.kept = {}
        self.is_locked = False

    def get_password(self, service, username):
        if self.is_locked:
            raise KeyringLocked("locked")
        return self.kept.get((service, username))

    def set_password(self, service, username, password):
        if self.is_locked:
            raise PasswordSetError("locked")
        self.kept[service, username] = password

    def delete_password(self, service, username):
        del self.kept[service, username]


@pytest.fixture
def memory_keyring():
    before, backend = keyring.get_keyring(), MemoryKeyring()
    keyring.set_keyring(backend)
    yield backend
    keyring.set_keyring(before)


@pytest.fixture
def chosen(tmp_path):
    return StoreSettings(url=f"sqlite:///{tmp_path}/store/lfr.sqlite", key_file=tmp_path / "keys" / "master.key")


def with_source(chosen, source):
    return chosen.model_copy(update={"key_source": source})


def same(one: MasterKeys, other: MasterKeys) -> bool:
    return (one.current_id, one.keys) == (other.current_id, other.keys)


def test_key_file_is_for_its_owner_only(chosen):
    keys = new_master_keys()
    save_master_keys(keys, chosen)
    assert stat.S_IMODE(chosen.key_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(chosen.key_file.parent.stat().st_mode) == 0o700
    assert list(chosen.key_file.parent.iterdir()) == [chosen.key_file]
    assert same(load_master_keys(chosen), keys)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666, 0o620, 0o601])
def test_key_file_others_may_use_is_refused(chosen, mode):
    save_master_keys(new_master_keys(), chosen)
    chosen.key_file.chmod(mode)
    with pytest.raises(KeyMissingError, match=r"chmod 600 .*master\.key"):
        load_master_keys(chosen)


@pytest.mark.parametrize("place", ["store/master.key", "store/deeper/master.key", "store/../store/k", "link/k"])
def test_key_file_in_the_folder_of_the_database_is_refused(chosen, tmp_path, place):
    (tmp_path / "store").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "store")
    beside = chosen.model_copy(update={"key_file": tmp_path / place})
    with pytest.raises(ConfigurationError, match=r"store\.key_file"):
        save_master_keys(new_master_keys(), beside)
    with pytest.raises(ConfigurationError, match=r"store\.key_file"):
        load_master_keys(beside)
    assert list((tmp_path / "store").iterdir()) == []


def test_key_file_beside_a_server_database_is_no_matter(chosen, tmp_path):
    elsewhere = chosen.model_copy(update={"url": "postgresql://lfr@db/lfr"})
    save_master_keys(new_master_keys(), elsewhere)
    assert load_master_keys(elsewhere)


def test_key_is_never_overwritten(chosen, monkeypatch):
    first = new_master_keys()
    save_master_keys(first, chosen)
    with pytest.raises(VaultError, match="never overwritten"):
        save_master_keys(new_master_keys(), chosen)
    # nor by a second process that looked before the first one wrote
    monkeypatch.setattr("lfr_kit.store.key_places.has_master_keys", lambda _: False)
    with pytest.raises(VaultError, match="never overwritten"):
        save_master_keys(new_master_keys(), chosen)
    assert same(load_master_keys(chosen), first)
    assert list(chosen.key_file.parent.iterdir()) == [chosen.key_file]


def test_key_gives_way_to_its_successor_in_a_rotation(chosen):
    first = new_master_keys()
    save_master_keys(first, chosen)
    both = first.with_successor()
    save_master_keys(both, chosen, replace=True)
    assert same(load_master_keys(chosen), both)
    assert stat.S_IMODE(chosen.key_file.stat().st_mode) == 0o600


def test_key_that_a_killed_rotation_left_half_written_goes_with_the_next(chosen):
    first = new_master_keys()
    save_master_keys(first, chosen)
    left = chosen.key_file.with_name(f".{chosen.key_file.name}.4711.partial")
    left.write_text(first.to_text())
    save_master_keys(first.with_successor().current_only(), chosen, replace=True)
    assert list(chosen.key_file.parent.iterdir()) == [chosen.key_file]


def test_key_behind_a_link_is_rotated_where_it_lies(chosen, tmp_path):
    """E.g. on a disk of its own: neither does the old key stay there, nor the new one come to lie elsewhere."""
    place = tmp_path / "vault" / "kept.key"
    elsewhere = chosen.model_copy(update={"key_file": place})
    first = new_master_keys()
    save_master_keys(first, elsewhere)
    chosen.key_file.parent.mkdir(parents=True)
    chosen.key_file.symlink_to(place)
    save_master_keys(first.with_successor().current_only(), chosen, replace=True)
    assert chosen.key_file.is_symlink()
    assert first.current_id not in place.read_text()
    assert same(load_master_keys(chosen), load_master_keys(elsewhere))


def test_key_file_that_is_not_there_names_the_line_that_makes_one(chosen):
    assert not has_master_keys(chosen)
    with pytest.raises(KeyMissingError, match="lfr keys init"):
        load_master_keys(chosen)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"{}",
        b"[]",
        b"null",
        b'{"current": "M-1", "keys": {"M-1": "dG9vIHNob3J0"}}',
        b'"' * 99,
        b"[" * 99_999,
    ],
)
def test_key_file_that_holds_no_key_is_refused(chosen, content):
    chosen.key_file.parent.mkdir()
    chosen.key_file.write_bytes(content)
    chosen.key_file.chmod(0o600)
    with pytest.raises(KeyMissingError, match="no master key of LFR Kit"):
        load_master_keys(chosen)


def test_key_file_that_is_a_folder_is_refused(chosen):
    chosen.key_file.mkdir(parents=True)
    with pytest.raises(KeyMissingError, match="cannot be read"):
        load_master_keys(chosen)


def test_key_file_that_is_a_pipe_or_a_link_to_itself_is_refused_at_once(chosen):
    chosen.key_file.parent.mkdir(parents=True)
    os.mkfifo(chosen.key_file, 0o600)
    with pytest.raises(KeyMissingError, match="is no file"):
        load_master_keys(chosen)
    chosen.key_file.unlink()
    chosen.key_file.symlink_to(chosen.key_file.name)
    with pytest.raises(KeyMissingError, match="link to itself"):
        load_master_keys(chosen)


def test_environment_holds_the_text_of_a_key_file(chosen, monkeypatch):
    keys, chosen = new_master_keys(), with_source(chosen, "environment")
    monkeypatch.setenv(VARIABLE, keys.to_text())
    assert same(load_master_keys(chosen), keys)
    assert VARIABLE in place_in_words(chosen)
    assert not chosen.key_file.exists()


@pytest.mark.parametrize("value", [None, "", "secret", '{"current": "M-1", "keys": {}}'])
def test_environment_without_a_key_is_refused(chosen, monkeypatch, value):
    monkeypatch.delenv(VARIABLE, raising=False)
    if value is not None:
        monkeypatch.setenv(VARIABLE, value)
    with pytest.raises(KeyMissingError, match=VARIABLE):
        load_master_keys(with_source(chosen, "environment"))


def test_environment_cannot_be_written_and_says_how_else(chosen):
    with pytest.raises(VaultError, match="LFR_STORE__KEY_SOURCE=file"):
        save_master_keys(new_master_keys(), with_source(chosen, "environment"), replace=True)


def test_key_file_is_no_substitute_for_another_source(chosen, monkeypatch, memory_keyring):
    save_master_keys(new_master_keys(), chosen)
    monkeypatch.delenv(VARIABLE, raising=False)
    for source in ("environment", "keyring"):
        with pytest.raises(KeyMissingError):
            load_master_keys(with_source(chosen, source))


def test_keyring_keeps_one_key_per_database(chosen, memory_keyring):
    chosen = with_source(chosen, "keyring")
    keys = new_master_keys()
    save_master_keys(keys, chosen)
    assert same(load_master_keys(chosen), keys)
    with pytest.raises(VaultError, match="never overwritten"):
        save_master_keys(new_master_keys(), chosen)
    other = chosen.model_copy(update={"url": "postgresql://lfr:hunter2@db/lfr"})
    assert not has_master_keys(other)
    save_master_keys(new_master_keys(), other)
    assert same(load_master_keys(chosen), keys)
    assert "hunter2" not in place_in_words(other) + str(memory_keyring.kept.keys())


def test_keyring_that_is_locked_is_said(chosen, memory_keyring):
    memory_keyring.is_locked = True
    with pytest.raises(VaultError, match="unlock it"):
        load_master_keys(with_source(chosen, "keyring"))


def test_keyring_that_keeps_nothing_is_found_out(chosen, memory_keyring, monkeypatch):
    monkeypatch.setattr(MemoryKeyring, "set_password", lambda *_: None)
    with pytest.raises(VaultError, match="did not keep"):
        save_master_keys(new_master_keys(), with_source(chosen, "keyring"))


def test_keyring_that_is_none_is_said(chosen):
    from keyring.backends.fail import Keyring

    before = keyring.get_keyring()
    keyring.set_keyring(Keyring())
    try:
        with pytest.raises(VaultError, match="does not answer"):
            load_master_keys(with_source(chosen, "keyring"))
    finally:
        keyring.set_keyring(before)


def test_master_keys_wrap_what_only_they_unwrap():
    one, other = new_master_keys(), new_master_keys()
    wrapped = one.wrap(b"k" * 32, "data_keys:K-1:store")
    assert one.unwrap(one.current_id, wrapped, "data_keys:K-1:store") == b"k" * 32
    assert b"k" * 8 not in wrapped
    with pytest.raises(WrongKeyError, match=one.current_id):
        other.unwrap(one.current_id, wrapped, "data_keys:K-1:store")
    with pytest.raises(WrongKeyError, match="does not open"):
        MasterKeys(one.current_id, {one.current_id: b"x" * 32}).unwrap(
            one.current_id, wrapped, "data_keys:K-1:store"
        )
    with pytest.raises(WrongKeyError, match="data_keys:K-2:store"):
        one.unwrap(one.current_id, wrapped, "data_keys:K-2:store")


def test_master_keys_are_never_printed():
    keys = new_master_keys()
    raw = keys.keys[keys.current_id]
    assert raw.hex() not in repr(keys)
    assert repr(raw) not in repr(keys)


def test_successor_is_current_and_both_unwrap():
    first = new_master_keys()
    both = first.with_successor()
    wrapped = first.wrap(b"k" * 32, "about")
    assert both.is_rotating
    assert both.unwrap(first.current_id, wrapped, "about") == b"k" * 32
    last = both.current_only()
    assert not last.is_rotating
    assert last.unwrap(both.current_id, both.wrap(b"k" * 32, "about"), "about") == b"k" * 32
    with pytest.raises(WrongKeyError):
        last.unwrap(first.current_id, wrapped, "about")
