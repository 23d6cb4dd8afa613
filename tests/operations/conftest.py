"""What tests of imports share: a list that is being built, and a way to import onto it without weights."""

from __future__ import annotations

from pathlib import Path

import pytest
from frozen_lists import MANAGER, WHY, new_list, planned
from painted_photos import painted_enroller

from lfr_kit.operations.import_files import read_source
from lfr_kit.operations.watchlist_import import ImportOrder, import_people


@pytest.fixture
def building(store) -> str:
    """A watchlist that is being built."""
    return new_list(store, planned(store)).watchlist_id


@pytest.fixture
def bring(store, building):
    """Imports a folder or a table."""

    def run(place: Path, *, who=MANAGER, defaults=None, enroller=None, why=WHY, at_once=200):
        order = ImportOrder(
            building, read_source(place, defaults=defaults), enroller or painted_enroller(), why, at_once
        )
        return import_people(store, who, order)

    return run
