"""A deployment's blue list as rows; `key` is that of its own scope throughout."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row, delete, func, insert, select

from lfr_kit.store.tables.blue_list import blue_list
from lfr_kit.store.vault import DataKey

__all__ = [
    "Member",
    "delete_of",
    "find",
    "first_enrolled_at",
    "insert_member",
    "member_ids",
    "members",
    "remove",
    "scope",
    "templates",
]


@dataclass(frozen=True, kw_only=True)
class Member:
    """A member of staff who agreed to walk through.

    Attributes
    ----------
    pseudonym
        What they are called here; no real name.
    consent_ref
        Where their consent is recorded.
    quality
        0 to 100, of the picture they were enrolled from; that picture is not kept.
    """

    member_id: str
    pseudonym: str
    consent_ref: str
    quality: float | None
    enrolled_by: str
    enrolled_at: datetime


def scope(deployment_id: str) -> str:
    """Of the key of a deployment's blue list."""
    return f"blue_list:{deployment_id}"


def insert_member(
    connection: Connection, key: DataKey, deployment_id: str, member: Member, vector: NDArray[np.float32]
) -> None:
    """Somebody new."""
    details = {"pseudonym": member.pseudonym, "consent_ref": member.consent_ref, "quality": member.quality}
    template = np.ascontiguousarray(vector, "<f4").tobytes()
    connection.execute(
        insert(blue_list).values(
            member_id=member.member_id,
            deployment_id=deployment_id,
            pseudonym_mac=_mac(key, member.pseudonym),
            enrolled_by=member.enrolled_by,
            enrolled_at=member.enrolled_at,
            sealed_details=key.seal(json.dumps(details).encode(), _about(member.member_id, "details")),
            sealed_template=key.seal(template, _about(member.member_id, "template")),
        )
    )


def member_ids(connection: Connection, deployment_id: str) -> list[str]:
    """Ids of everybody on it; nothing sealed is opened."""
    query = select(blue_list.c.member_id).where(blue_list.c.deployment_id == deployment_id)
    return list(connection.execute(query.order_by(blue_list.c.member_id)).scalars())


def members(connection: Connection, key: DataKey, deployment_id: str) -> list[Member]:
    """Everybody on it. TamperedError if a row was changed from outside."""
    return [_member(key, row) for row in _rows(connection, deployment_id)]


def find(connection: Connection, key: DataKey, deployment_id: str, pseudonym: str) -> str | None:
    """Id of who is called that; None if nobody is."""
    query = select(blue_list.c.member_id).where(
        blue_list.c.deployment_id == deployment_id, blue_list.c.pseudonym_mac == _mac(key, pseudonym)
    )
    return connection.execute(query).scalar_one_or_none()


def templates(connection: Connection, key: DataKey, deployment_id: str) -> dict[str, NDArray[np.float32]]:
    """Template of each by id. TamperedError if one was changed, or moved from another row."""
    return {
        row.member_id: np.frombuffer(key.open(row.sealed_template, _about(row.member_id, "template")), "<f4")
        for row in _rows(connection, deployment_id)
    }


def remove(connection: Connection, member_id: str) -> None:
    """Somebody is not on it any more, and nothing of them is left in it."""
    connection.execute(delete(blue_list).where(blue_list.c.member_id == member_id))


def delete_of(connection: Connection, deployment_ids: Iterable[str]) -> int:
    """Whole blue lists; how many were on them."""
    return connection.execute(
        delete(blue_list).where(blue_list.c.deployment_id.in_(list(deployment_ids)))
    ).rowcount


def first_enrolled_at(connection: Connection) -> dict[str, datetime]:
    """Deployment id of each blue list there is, and when it was begun."""
    begun = func.min(blue_list.c.enrolled_at).label("begun")
    query = select(blue_list.c.deployment_id, begun).group_by(blue_list.c.deployment_id)
    return {row.deployment_id: row.begun for row in connection.execute(query)}


def _rows(connection: Connection, deployment_id: str) -> list[Row[Any]]:
    query = select(blue_list).where(blue_list.c.deployment_id == deployment_id)
    return list(connection.execute(query.order_by(blue_list.c.member_id)))


def _member(key: DataKey, row: Row[Any]) -> Member:
    details = json.loads(key.open(row.sealed_details, _about(row.member_id, "details")))
    return Member(member_id=row.member_id, enrolled_by=row.enrolled_by, enrolled_at=row.enrolled_at, **details)


def _mac(key: DataKey, pseudonym: str) -> str:
    return key.mac(f"blue_list:{pseudonym.casefold()}".encode())


def _about(member_id: str, what: str) -> str:
    return f"blue_list:{member_id}:{what}"
