"""Pages: cleaned after a deletion; the places of the database's bytes are the right ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import delete, insert, text

from lfr_kit.errors import RetentionError, StoreError
from lfr_kit.store import erase
from lfr_kit.store.erase import clean_pages, database_places
from lfr_kit.store.tables.keys import store_info

NEEDLE = b"a needle that nobody else would write 7c1f"
ONLY_SQLITE = pytest.mark.parametrize("store_settings", ["sqlite"], indirect=True)
ONLY_POSTGRESQL = pytest.mark.parametrize("store_settings", ["postgresql"], indirect=True)


def plant(store) -> None:
    with store.engine.begin() as connection:
        rows = [{"name": f"n{n}", "value": NEEDLE.decode() + "x" * 300} for n in range(200)]
        connection.execute(insert(store_info), rows)


def pull(store) -> None:
    with store.engine.begin() as connection:
        connection.execute(delete(store_info).where(store_info.c.name.like("n%")))


def holding(paths) -> list[Path]:
    return [path for path in paths if path.is_file() and NEEDLE in path.read_bytes()]


def test_deleted_rows_are_in_no_file_of_the_database_after_cleaning(store):
    plant(store)
    assert holding(database_places(store.engine).files)
    pull(store)
    how = clean_pages(store.engine, ["store_info"])
    assert "written anew" in how
    assert holding(database_places(store.engine).files) == []
    assert clean_pages(store.engine, ["store_info"]) == how, "may be repeated"


@ONLY_SQLITE
def test_sqlite_log_is_empty_after_cleaning(store):
    plant(store)
    log = Path(store.engine.url.database + "-wal")
    assert NEEDLE in log.read_bytes()
    clean_pages(store.engine, [])
    assert log.stat().st_size == 0


@ONLY_SQLITE
def test_reader_of_an_old_state_is_said(store, store_settings):
    plant(store)
    other = store.engine.raw_connection()
    reader = other.driver_connection
    reader.execute("BEGIN").close()
    reader.execute("SELECT count(*) FROM store_info").fetchone()
    pull(store)
    own = store.engine.raw_connection()
    own.driver_connection.execute("PRAGMA busy_timeout = 50").close()
    own.close()
    with pytest.raises((RetentionError, StoreError)):
        clean_pages(store.engine, [])
    reader.execute("ROLLBACK").close()
    other.close()
    clean_pages(store.engine, [])
    assert holding(database_places(store.engine).files) == []


@ONLY_POSTGRESQL
def test_places_of_postgresql_are_this_databases_files_and_its_log(store):
    found = database_places(store.engine)
    assert not found.is_by_rows
    assert {path.parent.name for path in found.log_files} == {"pg_wal"}
    assert len({path.parent for path in found.files}) == 1
    plant(store)
    assert holding(database_places(store.engine).files)


@ONLY_POSTGRESQL
def test_server_of_another_data_directory_is_searched_by_rows(store, monkeypatch):
    monkeypatch.setattr(erase.os, "access", lambda *_: False)
    assert database_places(store.engine).is_by_rows


@ONLY_POSTGRESQL
def test_user_without_the_right_to_checkpoint_still_cleans(store, monkeypatch):
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        name = connection.execute(text("SELECT 'lfr_' || substr(md5(random()::text), 1, 8)")).scalar_one()
        connection.execute(text(f'CREATE ROLE "{name}"'))
        connection.execute(text(f'SET ROLE "{name}"'))
        assert erase._checkpoint(connection) is False
        connection.execute(text("RESET ROLE"))
        connection.execute(text(f'DROP ROLE "{name}"'))
