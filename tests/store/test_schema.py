"""Tables and their migrations, on both databases. Referee: Alembic's own comparison, and raw SQL."""

from __future__ import annotations

import subprocess
import sys

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from governed import person
from older_store import NEW_TABLES, make_older
from sqlalchemy import inspect, text

from lfr_kit.config import StoreSettings
from lfr_kit.errors import StoreMissingError, StoreSchemaError, WrongKeyError
from lfr_kit.governance.roles import Action, Role
from lfr_kit.governance.vocabulary import Operation
from lfr_kit.store.connection import database_file, make_engine
from lfr_kit.store.key_places import load_master_keys, save_master_keys
from lfr_kit.store.master_key import new_master_keys
from lfr_kit.store.repository import audit_log
from lfr_kit.store.schema import REVISIONS, alembic_config
from lfr_kit.store.store import Store
from lfr_kit.store.tables import metadata
from lfr_kit.store.tables.keys import data_keys
from lfr_kit.store.vault import Vault

NEW_SINCE_0002: dict[str, list] = {table: [] for table in NEW_TABLES}
"""Tables that later revisions brought, as an upgrade leaves them."""
RAW_KEY = b"a data key of the first release."


@pytest.fixture
def engine(store_settings):
    """An empty database."""
    if file := database_file(store_settings.url):
        file.parent.mkdir()
    made = make_engine(store_settings.url, 5.0)
    yield made
    made.dispose()


def migrate(engine, revision):
    with engine.begin() as connection:
        command.upgrade(alembic_config(connection), revision)


def run_sql(engine, *statements):
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def differences(engine) -> list:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return compare_metadata(context, metadata)


def fill_as_first_release(engine, master):
    """Rows as the first release wrote them: raw SQL, so that it stays what it was."""
    scopes = ("store", "audit", "signing", "ledger", "watchlist:W-1")
    migrate(engine, "0001")
    with engine.begin() as connection:
        for i, scope in enumerate(scopes):
            connection.execute(
                text(
                    "INSERT INTO data_keys (key_id, scope, master_key_id, wrapped, created_at) "
                    "VALUES (:key_id, :scope, :master, :wrapped, '2025-01-02T03:04:05.000006+00:00')"
                ),
                {
                    "key_id": f"K-{i}",
                    "scope": scope,
                    "master": master.current_id,
                    "wrapped": master.wrap(RAW_KEY, f"data_keys:K-{i}:{scope}"),
                },
            )
    run_sql(
        engine,
        "INSERT INTO store_info (name, value) VALUES ('store_id', 'first'), ('justification', 'optional')",
        "INSERT INTO destroyed_keys (key_id, scope, destroyed_at) "
        "VALUES ('K-9', 'watchlist:W-0', '2025-01-02T03:04:05.000006+00:00')",
        "INSERT INTO calibrations (calibration_id, space_id, score_scale, measured_on, body, added_by, added_at) "
        "VALUES ('C-1', 'dlib', 'cosine', '2025-01-01', '{\"é\":1}', 'gold-1', "
        "'2025-01-02T03:04:05.000006+00:00')",
    )


def all_rows(engine) -> dict[str, list]:
    with engine.connect() as connection:
        return {
            table: sorted((row._asdict() for row in connection.execute(text(f"SELECT * FROM {table}"))), key=repr)
            for table in inspect(connection).get_table_names()
        }


def without(rows, table, column):
    return {
        name: [{key: value for key, value in row.items() if (name, key) != (table, column)} for row in of_table]
        for name, of_table in rows.items()
        if name not in ("alembic_version", "audit_entries", "audit_head")
    }


def test_revisions_known_are_the_migrations_in_order(engine):
    with engine.connect() as connection:
        scripts = ScriptDirectory.from_config(alembic_config(connection))
        walked = [script.revision for script in scripts.walk_revisions()]
    assert tuple(reversed(walked)) == REVISIONS


def test_migrations_make_the_tables_of_this_release(engine):
    migrate(engine, "head")
    assert differences(engine) == []


def test_new_store_has_the_tables_of_this_release_at_its_revision(store):
    assert differences(store.engine) == []
    with store.reading() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).all() == [(REVISIONS[-1],)]


def test_comparison_sees_a_missing_column(engine):
    migrate(engine, "0001")
    found = [each for each in differences(engine) if each[0] == "add_column"]
    assert [(kind, table) for kind, _, table, _ in found] == [("add_column", "data_keys")]


def test_store_of_the_first_release_is_upgraded_with_its_data(engine, store_settings, clock):
    fill_as_first_release(engine, load_master_keys(store_settings))
    before = all_rows(engine)
    with pytest.raises(StoreSchemaError, match=r"older release.*lfr keys init"):
        Store.open(store_settings, clock)
    assert all_rows(engine) == before
    with engine.begin() as connection:  # a chain to go on with; what it holds is tested with a lived-in store
        audit_log.found(connection, Vault(load_master_keys(store_settings)), clock())
    with Store.create(store_settings, clock) as store, store.reading() as connection:
        sealed = store.vault.key(connection, "watchlist:W-1")
        assert sealed.key_id == "K-4"
    after = all_rows(engine)
    assert without(after, "data_keys", "rewrapped_at") == {**without(before, "", ""), **NEW_SINCE_0002}
    assert differences(engine) == []
    assert [entry["action"] for entry in after["audit_entries"]][-1:] == ["store.upgrade"]
    Store.open(store_settings, clock).close()


def test_store_of_the_second_revision_is_upgraded_with_its_data(engine, store_settings, clock):
    fill_as_first_release(engine, load_master_keys(store_settings))
    migrate(engine, "0002")
    run_sql(
        engine,
        "UPDATE data_keys SET rewrapped_at = '2025-02-03T04:05:06.000007+00:00' WHERE key_id = 'K-1'",
        "INSERT INTO deployments (deployment_id, state, version, sealed_authority, authority_digest, threshold, "
        "asked_by, drafted_by, is_urgent, retention_profile) "
        "VALUES ('D-1', 'closed', 7, 'x', 'ab', 0.9, '[]', 'silver-1', 'false', 'swp')",
        "INSERT INTO deployment_events (deployment_id, seq, at, actor_id, kind, data) "
        "VALUES ('D-1', 1, '2025-01-02T03:04:05.000006+00:00', 'silver-1', 'checklist', "
        '\'{"item":"engagement_officers_present","result":"done"}\')',
    )
    before = all_rows(engine)
    with engine.begin() as connection:
        audit_log.found(connection, Vault(load_master_keys(store_settings)), clock())
    Store.create(store_settings, clock).close()
    assert without(all_rows(engine), "", "") == {**without(before, "", ""), **NEW_SINCE_0002}
    assert differences(engine) == []


def test_lived_in_store_goes_through_the_upgrade_and_works_on(store_settings, clock):
    silver = person(Role.SILVER)
    with Store.create(store_settings, clock) as store:
        with store.act(silver, Action.DEPLOYMENT_VIEW, Operation.CONSULTATION, subject="x", justification="duty"):
            pass
        with store.engine.begin() as connection:
            sealed = store.vault.key(connection, "store").seal(b"Erika Mustermann", "holds:H-1:reason")
        with store.engine.begin() as connection:
            make_older(connection)
    with Store.create(store_settings, clock) as store:
        with store.act(silver, Action.DEPLOYMENT_VIEW, Operation.CONSULTATION, subject="y", justification="duty"):
            pass
        with store.reading() as connection:
            opened = store.vault.key(connection, "store").open(sealed, "holds:H-1:reason")
            actions = connection.execute(text("SELECT action FROM audit_entries ORDER BY seq")).scalars().all()
    assert opened == b"Erika Mustermann"
    assert actions == ["store.create", "deployment.view", "store.upgrade", "deployment.view"]


def test_upgrade_that_fails_leaves_the_older_store_as_it_was(engine, store_settings, clock, monkeypatch):
    fill_as_first_release(engine, load_master_keys(store_settings))
    before = all_rows(engine)

    def fail(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(Store, "_found_or_note_upgrade", fail)
    with pytest.raises(ZeroDivisionError):
        Store.create(store_settings, clock)
    assert all_rows(engine) == before


def test_upgrade_under_a_wrong_key_is_refused_before_anything_is_changed(engine, store_settings, clock):
    fill_as_first_release(engine, load_master_keys(store_settings))
    before = all_rows(engine)
    save_master_keys(new_master_keys(), store_settings, replace=True)
    with pytest.raises(WrongKeyError):
        Store.create(store_settings, clock)
    assert all_rows(engine) == before


@pytest.fixture
def sqlite_settings(tmp_path):
    chosen = StoreSettings(url=f"sqlite:///{tmp_path}/store/lfr.sqlite", key_file=tmp_path / "keys" / "master.key")
    save_master_keys(new_master_keys(), chosen)
    return chosen


def test_foreign_keys_are_in_force_again_after_an_upgrade(sqlite_settings, clock):
    with Store.create(sqlite_settings, clock) as store, store.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1


def test_rows_that_refer_to_nothing_stop_an_upgrade(sqlite_settings, clock):
    chosen = sqlite_settings
    database_file(chosen.url).parent.mkdir()
    engine = make_engine(chosen.url, 5.0)
    fill_as_first_release(engine, load_master_keys(chosen))
    with engine.connect() as connection:
        raw = connection.connection.driver_connection
        raw.execute("PRAGMA foreign_keys=OFF")
        raw.execute(
            "INSERT INTO deployment_events (deployment_id, seq, at, actor_id, kind, data) "
            "VALUES ('D-none', 1, '2025-01-02T03:04:05.000006+00:00', 'gold-1', 'transition', '{}')"
        )
        connection.invalidate()
    with pytest.raises(StoreSchemaError, match="1 rows of deployment_events refer to nothing"):
        Store.create(chosen, clock)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == "0001"
    engine.dispose()


@pytest.mark.parametrize("begin", [Store.open, Store.create])
def test_store_of_a_newer_release_is_refused_and_left_alone(store, store_settings, clock, begin):
    run_sql(store.engine, "UPDATE alembic_version SET version_num = '0099'")
    before = all_rows(store.engine)
    with pytest.raises(StoreSchemaError, match=r"newer release.*0099"):
        begin(store_settings, clock)
    assert all_rows(store.engine) == before


@pytest.mark.parametrize("begin", [Store.open, Store.create])
def test_database_of_somebody_else_is_refused_and_left_alone(engine, store_settings, clock, begin):
    run_sql(engine, "CREATE TABLE people (name VARCHAR(20))", "INSERT INTO people VALUES ('x')")
    with pytest.raises(StoreSchemaError, match="no store of LFR Kit"):
        begin(store_settings, clock)
    assert all_rows(engine) == {"people": [{"name": "x"}]}


@pytest.mark.parametrize("begin", [Store.open, Store.create])
def test_store_that_does_not_say_its_revision_is_refused(store, store_settings, clock, begin):
    run_sql(store.engine, "DELETE FROM alembic_version")
    with pytest.raises(StoreSchemaError, match="does not say which release"):
        begin(store_settings, clock)


def test_empty_database_is_no_store_yet(engine, store_settings, clock):
    if file := database_file(store_settings.url):
        file.touch()
    with pytest.raises(StoreMissingError, match="lfr keys init"):
        Store.open(store_settings, clock)
    Store.create(store_settings, clock).close()
    Store.open(store_settings, clock).close()


BEGIN = """
import sys
from pathlib import Path
from lfr_kit.config import StoreSettings
from lfr_kit.store.store import Store
chosen = StoreSettings(url=sys.argv[1], key_file=Path(sys.argv[2]), busy_timeout_s=60)
sys.stdout.write("ready\\n"); sys.stdout.flush(); sys.stdin.readline()
Store.create(chosen).close()
"""


def create_at_once(store_settings, n):
    words = [sys.executable, "-c", BEGIN, store_settings.url, str(store_settings.key_file)]
    started = [
        subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(n)
    ]
    for process in started:
        assert process.stdout.readline() == "ready\n"
    for process in started:
        process.stdin.write("\n")
        process.stdin.flush()
    for process in started:
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said


def test_processes_that_make_one_store_at_once_make_one_store(store_settings, clock):
    create_at_once(store_settings, 4)
    with Store.open(store_settings, clock) as store, store.reading() as connection:
        assert store.vault.check_all(connection) == {store.vault.master.current_id: 4}
        assert connection.execute(text("SELECT action FROM audit_entries")).scalars().all() == ["store.create"]
        assert len(connection.execute(data_keys.select()).all()) == 4


def test_processes_that_upgrade_one_store_at_once_upgrade_it_once(store_settings, clock):
    with Store.create(store_settings, clock) as store, store.engine.begin() as connection:
        make_older(connection)
    create_at_once(store_settings, 3)
    with Store.open(store_settings, clock) as store, store.reading() as connection:
        actions = connection.execute(text("SELECT action FROM audit_entries ORDER BY seq")).scalars().all()
    assert actions == ["store.create", "store.upgrade"]


def test_migrations_are_found_in_the_installed_package(engine):
    with engine.connect() as connection:
        folder = ScriptDirectory.from_config(alembic_config(connection)).dir
    import lfr_kit.store.migrations as package

    assert folder == package.__path__[0]
