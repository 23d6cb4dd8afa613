"""How a database is reached. Referee: SQLite's and PostgreSQL's own answers about themselves."""

from __future__ import annotations

from contextlib import suppress

import pytest
from sqlalchemy import text

from lfr_kit.config import StoreSettings
from lfr_kit.errors import ConfigurationError, StoreError
from lfr_kit.store.connection import address_in_words, database_file, look_only_engine, make_engine
from lfr_kit.store.key_places import save_master_keys
from lfr_kit.store.master_key import new_master_keys
from lfr_kit.store.store import Store


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "no address"),
        ("lfr.sqlite", "no address"),
        ("postgresql://lfr@db:port/lfr", "no address"),
        ("mysql://lfr@db/lfr", "mysql is not supported"),
        ("sqlite://", "in memory"),
        ("sqlite:///:memory:", "in memory"),
    ],
)
def test_address_that_is_none_is_refused(url, words):
    with pytest.raises(ConfigurationError, match=words):
        make_engine(url, 1.0)


def test_address_that_is_wrong_does_not_show_its_password():
    with pytest.raises(ConfigurationError) as refused:
        make_engine("postgresql://lfr:hunter2@db:port/lfr", 1.0)
    assert "hunter2" not in str(refused.value)
    assert "hunter2" not in address_in_words("postgresql://lfr:hunter2@db/lfr")


def test_database_file_is_that_of_sqlite_only(tmp_path):
    assert database_file(f"sqlite:///{tmp_path}/x.sqlite") == tmp_path / "x.sqlite"
    assert database_file("postgresql://lfr@db/lfr") is None


def test_sqlite_deletes_for_good_and_commits_to_the_disk(tmp_path):
    engine = make_engine(f"sqlite:///{tmp_path}/x.sqlite", 1.0)
    wanted = {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1, "foreign_keys": 1, "temp_store": 2}
    with engine.connect() as connection:
        found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in wanted}
    assert found == wanted
    engine.dispose()


def test_postgresql_waits_no_longer_than_it_is_told(postgresql_url):
    engine = make_engine(postgresql_url, 1.5)
    with engine.connect() as connection:
        assert connection.execute(text("SHOW lock_timeout")).scalar_one() == "1500ms"
        assert connection.execute(text("SHOW timezone")).scalar_one() == "UTC"
    engine.dispose()


def test_errors_do_not_show_values(store):
    with pytest.raises(Exception, match="parameters hidden") as refused, store.engine.connect() as connection:
        connection.execute(text("SELECT no_such_column FROM users WHERE user_id = :name"), {"name": "Mustermann"})
    assert "Mustermann" not in str(refused.value)


def test_first_look_changes_no_byte_and_cannot_write(tmp_path):
    file = tmp_path / "with #odd %20 name?.sqlite"
    engine = make_engine(f"sqlite:///{str(file).replace('?', '%3F')}", 1.0)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (x INTEGER)")
    engine.dispose()
    (file,) = tmp_path.glob("with*.sqlite")
    before = file.read_bytes(), file.stat().st_mtime_ns
    looking = look_only_engine(str(engine.url), 1.0)
    with looking.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM t").scalar_one() == 0
        with pytest.raises(Exception, match="readonly"):
            connection.exec_driver_sql("INSERT INTO t VALUES (1)")
    looking.dispose()
    assert (file.read_bytes(), file.stat().st_mtime_ns) == before


def test_reading_sees_one_moment_and_cannot_write(store):
    count = text("SELECT count(*) FROM store_info")
    with store.reading() as connection:
        before = connection.execute(count).scalar_one()
        with store.engine.begin() as writing:
            writing.execute(text("INSERT INTO store_info VALUES ('x', 'y')"))
        assert connection.execute(count).scalar_one() == before
    with store.reading() as connection:
        assert connection.execute(count).scalar_one() == before + 1


def test_reading_never_writes(store):
    with suppress(StoreError), store.reading() as connection:
        connection.execute(text("INSERT INTO store_info VALUES ('x', 'y')"))
    with store.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM store_info WHERE name = 'x'")).scalar_one() == 0


def test_rights_of_what_is_made_are_for_the_owner_only(tmp_path):
    chosen = StoreSettings(url=f"sqlite:///{tmp_path}/a/lfr.sqlite", key_file=tmp_path / "b" / "master.key")
    save_master_keys(new_master_keys(), chosen)
    with Store.create(chosen) as store, store.reading() as connection:
        connection.execute(text("SELECT 1"))
        made = [*tmp_path.rglob("*")]
        assert {path.name for path in made} >= {"a", "b", "lfr.sqlite", "lfr.sqlite-wal", "lfr.sqlite-shm"}
        assert {path.name: path.stat().st_mode & 0o077 for path in made if path.stat().st_mode & 0o077} == {}
