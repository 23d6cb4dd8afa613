"""Every table, by what it is about. `metadata` knows them all once this package is imported.

Columns called ``sealed_*`` hold AES-256-GCM ciphertext (`lfr_kit.store.vault`): pictures, names, templates, free
text. In the clear stands what a stranger who copies the database may read: ids, closed lists, times, counts.
"""

from lfr_kit.store.tables import (
    alerts,
    audit,
    blue_list,
    deployments,
    keys,
    presence,
    recordings,
    retention,
    users,
    watchlists,
)
from lfr_kit.store.tables.columns import metadata

__all__ = [
    "alerts",
    "audit",
    "blue_list",
    "deployments",
    "keys",
    "metadata",
    "presence",
    "recordings",
    "retention",
    "users",
    "watchlists",
]
