"""`lfr keys` as it is typed."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from older_store import make_older

from lfr_kit.config import settings
from lfr_kit.errors import KeyMissingError, PermissionRefusedError, SignInError, StoreSchemaError
from lfr_kit.store.key_places import load_master_keys
from lfr_kit.store.store import Store


@pytest.fixture
def empty_place(tmp_path, monkeypatch):
    """Settings of a place where there is neither key nor store."""
    monkeypatch.setenv("LFR_STORE__URL", f"sqlite:///{tmp_path}/new/store/lfr.sqlite")
    monkeypatch.setenv("LFR_STORE__KEY_FILE", str(tmp_path / "new" / "keys" / "master.key"))
    settings.cache_clear()


def secrets_of(chosen) -> list[str]:
    return json.loads(load_master_keys(chosen).to_text())["keys"].values()


def test_init_makes_both_and_says_to_back_the_key_up_apart(cli, empty_place):
    shown = cli(None, "keys", "init")
    chosen = settings().store
    assert f"in {chosen.key_file}, made" in shown.stdout
    assert "lfr.sqlite, made" in shown.stdout
    assert f"Back up {chosen.key_file} now, apart from the store" in shown.stderr
    assert not any(secret in shown.output for secret in secrets_of(chosen))
    again = cli(None, "keys", "init")
    assert again.stdout.count("there already, left as it is") == 2
    assert "Back up" not in again.stderr


def test_init_json_says_what_was_made_and_no_key(cli, empty_place):
    made = cli.json(None, "keys", "init")
    assert (made["has_made_key"], made["has_made_store"], made["upgraded_from"]) == (True, True, None)
    assert made["master_key_id"] == load_master_keys(settings().store).current_id
    assert not any(secret in json.dumps(made) for secret in secrets_of(settings().store))


def test_init_without_the_key_of_a_store_is_refused(cli):
    cli.chosen.key_file.unlink()
    refused = cli.refused(None, "keys", "init")
    assert isinstance(refused, KeyMissingError)
    assert "restore its key from the backup" in str(refused)


def test_init_brings_an_older_store_to_this_release(cli):
    with Store.open(cli.chosen) as store, store.engine.begin() as connection:
        make_older(connection)
    assert isinstance(cli.refused(None, "keys", "check"), StoreSchemaError)
    assert "brought to this release from revision 0001" in cli(None, "keys", "init").stdout
    cli(None, "keys", "check")


def test_check_says_which_key_opens_which_store(cli):
    report = cli.json(None, "keys", "check")
    master = load_master_keys(cli.chosen)
    assert report["ok"] is True
    assert report["master_key_ids"] == [master.current_id]
    assert report["n_wrapped"] == {master.current_id: 4}
    shown = cli(None, "keys", "check").stdout
    assert f"4 under {master.current_id}; 0 destroyed" in shown
    assert str(cli.chosen.key_file) in shown


def test_check_ends_with_status_1_where_something_is_to_be_mended(cli, tmp_path):
    (tmp_path / "store" / "lfr.sqlite").chmod(0o644)
    assert "chmod 600" in cli(None, "keys", "check", status=1).stdout
    assert cli.json(None, "keys", "check", status=1)["ok"] is False


def test_check_of_a_key_others_may_read_is_refused(cli):
    cli.chosen.key_file.chmod(0o640)
    assert "chmod 600" in str(cli.refused(None, "keys", "check"))


def test_rotate_by_an_administrator_changes_the_key(cli):
    old = load_master_keys(cli.chosen).current_id
    rotated = cli.json("administrator", "keys", "rotate", "--reason", "yearly")
    assert rotated["dropped_key_ids"] == [old]
    assert load_master_keys(cli.chosen).current_id == rotated["master_key_id"] != old
    assert cli.json(None, "keys", "check")["n_wrapped"] == {rotated["master_key_id"]: 4}
    shown = cli("administrator", "keys", "rotate", "--reason", "lost laptop").stdout
    assert f"let go of: {rotated['master_key_id']}" in shown
    assert "back up the new master key" in shown


def test_rotate_by_anybody_else_is_refused(cli):
    kept = cli.chosen.key_file.read_bytes()
    assert isinstance(cli.refused(None, "keys", "rotate", "--reason", "x"), SignInError)
    assert isinstance(cli.refused("gold", "keys", "rotate", "--reason", "x"), PermissionRefusedError)
    assert cli.chosen.key_file.read_bytes() == kept


def test_keys_without_a_terminal_to_talk_to_say_it_in_a_sentence(cli, monkeypatch):
    """The program as it is installed: no traceback, the error as JSON, status 1."""
    cli.chosen.key_file.unlink()
    words = [sys.executable, "-m", "lfr_kit.cli.main", "keys", "check", "--json"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert json.loads(done.stdout)["error"]["kind"] == "KeyMissingError"
    assert "Traceback" not in done.stderr
