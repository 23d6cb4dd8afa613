"""An import killed with SIGKILL at chosen moments, then run again: the same list as without the kill."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from frozen_lists import AUDITOR, MANAGER, WHY, new_list, planned
from painted_photos import painted_enroller, save

from lfr_kit.config import StoreSettings
from lfr_kit.operations.audit import verify
from lfr_kit.operations.import_files import read_source
from lfr_kit.operations.watchlist_import import ImportOrder, import_people
from lfr_kit.store.repository import reference_pictures as picture_rows
from lfr_kit.store.repository import watchlists as rows
from lfr_kit.store.store import Store

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")

N_PEOPLE, AT_ONCE = 24, 4

VICTIM = """
import os, signal, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from sqlalchemy import event
from frozen_lists import MANAGER, WHY
from painted_photos import painted_enroller
from lfr_kit.config import StoreSettings
from lfr_kit.operations.import_files import read_source
from lfr_kit.operations.watchlist_import import ImportOrder, import_people
from lfr_kit.store.store import Store

settings, watchlist_id, folder, moment, number = sys.argv[2:]
left = [int(number)]

def perhaps(*_, **__):
    left[0] -= 1
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)

with Store.open(StoreSettings.model_validate_json(settings)) as store:
    def rows_written(connection, cursor, statement, *_):
        if statement.startswith("INSERT INTO pictures"):
            perhaps()
    if moment == "rows":
        event.listen(store.engine, "after_cursor_execute", rows_written)
    if moment == "commit":
        event.listen(store.engine, "commit", perhaps)
    order = ImportOrder(watchlist_id, read_source(Path(folder)), painted_enroller(), WHY, at_once=4)
    import_people(store, MANAGER, order, progress=perhaps if moment == "picture" else None)
"""


@pytest.fixture
def chosen(tmp_path) -> StoreSettings:
    from lfr_kit.store.key_places import save_master_keys
    from lfr_kit.store.master_key import new_master_keys

    chosen = StoreSettings(
        url=f"sqlite:///{tmp_path / 'store' / 'lfr.sqlite'}",
        key_file=tmp_path / "keys" / "master.key",
        session_file=tmp_path / "session",
        spool_dir=tmp_path / "spool",
    )
    save_master_keys(new_master_keys(), chosen)
    return chosen


def on_list(store: Store, watchlist_id: str) -> dict[str, list[tuple[str, tuple[str, ...], str]]]:
    """Who is on it, by identity reference: status, reasons, MACs of pictures. A person twice would show."""
    found: dict[str, list] = {}
    with store.reading() as connection:
        key = store.vault.key(connection, rows.scope(watchlist_id))
        for entry in rows.entries_of(connection, watchlist_id):
            held = picture_rows.pictures_of(connection, [entry.entry_id])[entry.entry_id]
            ref = rows.details_of(connection, key, entry.entry_id).person_ref
            found.setdefault(ref, []).append((entry.status, entry.reasons, [one.picture_mac for one in held]))
    return found


@pytest.mark.parametrize(
    ("moment", "number"),
    [("picture", 1), ("picture", 24), ("rows", 1), ("rows", 3), ("commit", 5)],
)
def test_import_killed_and_run_again_is_the_same_import(chosen, tmp_path, moment, number):
    for person in range(N_PEOPLE):
        save(tmp_path / "in" / f"{person:02}.png", person)
    with Store.create(chosen) as store:
        watchlist_id = new_list(store, planned(store)).watchlist_id
    words = [chosen.model_dump_json(), watchlist_id, str(tmp_path / "in"), moment, str(number)]
    tests = str(Path(__file__).parent.parent)
    done = subprocess.run([sys.executable, "-c", VICTIM, tests, *words], capture_output=True, text=True)
    assert done.returncode == -9, done.stderr

    with Store.open(chosen) as store:
        n_kept = len(on_list(store, watchlist_id))
        assert n_kept < N_PEOPLE
        assert n_kept % AT_ONCE == 0
        assert verify(store, AUDITOR, justification=WHY).report.is_whole
        order = ImportOrder(watchlist_id, read_source(tmp_path / "in"), painted_enroller(), WHY, at_once=AT_ONCE)
        report = import_people(store, MANAGER, order)
        assert (report.n_people["unchanged"], report.n_people["quarantined"]) == (n_kept, N_PEOPLE - n_kept)
        resumed = on_list(store, watchlist_id)
        assert sorted(resumed) == [f"{person:02}" for person in range(N_PEOPLE)]
        assert all(len(entries) == 1 and len(entries[0][2]) == 1 for entries in resumed.values())
        assert import_people(store, MANAGER, order).is_unchanged
        assert on_list(store, watchlist_id) == resumed
        assert verify(store, AUDITOR, justification=WHY).report.is_whole
