"""The inclusion ledger: that somebody was on a list, when the list is gone. No name, no picture, no template.

The reference is kept as an HMAC under the store's ``ledger`` key: it can be asked for, and not read out.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, insert, select

from lfr_kit.governance.person_text import canonical_ref
from lfr_kit.governance.vocabulary import Category
from lfr_kit.store.tables.watchlists import inclusion_ledger
from lfr_kit.store.vault import DataKey

__all__ = ["Inclusion", "inclusions_of", "write_inclusions"]


@dataclass(frozen=True)
class Inclusion:
    """That somebody was on the frozen list of a deployment.

    Attributes
    ----------
    included_on
        Day of the freeze.
    expires_on
        Last day on which the ledger answers.
    """

    category: Category
    deployment_id: str
    included_on: date
    expires_on: date


def write_inclusions(connection: Connection, key: DataKey, included: Iterable[tuple[str, Inclusion]]) -> None:
    """Writes down (identity reference, inclusion) of everybody on a list. `key`: of the scope ``ledger``."""
    rows = [
        {
            "ledger_id": f"L-{secrets.token_hex(8)}",
            "person_mac": _mac(key, person_ref),
            "category": str(one.category),
            "deployment_id": one.deployment_id,
            "included_on": one.included_on,
            "expires_on": one.expires_on,
        }
        for person_ref, one in included
    ]
    if rows:
        connection.execute(insert(inclusion_ledger), rows)


def inclusions_of(connection: Connection, key: DataKey, person_ref: str, on: date) -> list[Inclusion]:
    """Inclusions of a person that have not expired on a day, oldest first."""
    table = inclusion_ledger
    query = select(table).where(table.c.person_mac == _mac(key, person_ref), table.c.expires_on >= on)
    return [
        Inclusion(Category(row.category), row.deployment_id, row.included_on, row.expires_on)
        for row in connection.execute(query.order_by(table.c.included_on, table.c.ledger_id))
    ]


def _mac(key: DataKey, person_ref: str) -> str:
    return key.mac(f"ledger:{canonical_ref(person_ref)}".encode())
