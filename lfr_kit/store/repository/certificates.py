"""Deletion certificates and the marks that belong to them: rows and records.

A certificate's row is also the journal of its deletion: ``pending`` is written in the transaction that destroys
keys and rows, ``complete`` once pages are clean and residue was looked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import Connection, Row, delete, insert, select, update

from lfr_kit.errors import NotInStoreError
from lfr_kit.governance.deletion_certificate import DeletionCertificate, SignedCertificate
from lfr_kit.store.residue import MARK_BYTES, Mark, MarkKind
from lfr_kit.store.tables.retention import certificates, residue_marks
from lfr_kit.store.vault import Vault

__all__ = [
    "add_marks",
    "add_pending",
    "certificate_ids",
    "complete",
    "delete_marks",
    "marked",
    "marks",
    "pending",
    "signed",
]

_PENDING = "pending"
_COMPLETE = "complete"
_MARKS_A_ROW = 4096


def add_pending(connection: Connection, certificate: DeletionCertificate, at: datetime) -> None:
    """Begins a certificate, within the transaction that deletes."""
    connection.execute(
        insert(certificates).values(
            certificate_id=certificate.certificate_id,
            at=at,
            deployment_id=certificate.deployment_id,
            state=_PENDING,
            body=certificate.to_dict(),
            signature="",
            public_key="",
        )
    )


def pending(connection: Connection, certificate_id: str | None = None) -> list[DeletionCertificate]:
    """Certificates of deletions that are not finished, oldest first; or that one of them."""
    query = select(certificates.c.body).where(certificates.c.state == _PENDING)
    if certificate_id is not None:
        query = query.where(certificates.c.certificate_id == certificate_id)
    bodies = connection.execute(query.order_by(certificates.c.at, certificates.c.certificate_id)).scalars()
    return [DeletionCertificate.from_dict(body) for body in bodies]


def complete(connection: Connection, done: SignedCertificate) -> bool:
    """Ends a certificate; False if another process did in the meantime."""
    changed = connection.execute(
        update(certificates)
        .where(certificates.c.certificate_id == done.certificate.certificate_id, certificates.c.state == _PENDING)
        .values(
            state=_COMPLETE,
            body=done.certificate.to_dict(),
            signature=done.signature,
            public_key=done.public_key,
        )
    )
    return changed.rowcount == 1


def signed(connection: Connection, certificate_id: str) -> SignedCertificate | None:
    """A certificate with its signature; None while its deletion is not finished.

    Raises
    ------
    NotInStoreError
        If there is none of that id.
    """
    query = select(certificates).where(certificates.c.certificate_id == certificate_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotInStoreError(f"certificate {certificate_id}: there is none; see: lfr retention status")
    return _signed(row) if row.state == _COMPLETE else None


def certificate_ids(connection: Connection, deployment_id: str | None = None) -> list[str]:
    """Ids of all finished certificates, or of a deployment's, newest first."""
    query = select(certificates.c.certificate_id).where(certificates.c.state == _COMPLETE)
    if deployment_id is not None:
        query = query.where(certificates.c.deployment_id == deployment_id)
    return list(connection.execute(query.order_by(certificates.c.at.desc())).scalars())


def add_marks(
    connection: Connection, vault: Vault, certificate_id: str, marks: Sequence[Mark], at: datetime
) -> None:
    """Keeps the marks of a deletion, if there are any, under a key of their own."""
    if not marks:
        return
    key = vault.new_key(connection, _scope(certificate_id), at)
    grouped: dict[tuple[MarkKind, str], list[bytes]] = {}
    for mark in marks:
        grouped.setdefault((mark.kind, mark.key_id), []).append(mark.needle)
    for (kind, key_id), needles in grouped.items():
        for start in range(0, len(needles), _MARKS_A_ROW):
            about = _about(certificate_id, kind, key_id)
            sealed = key.seal(b"".join(needles[start : start + _MARKS_A_ROW]), about)
            connection.execute(
                insert(residue_marks).values(
                    certificate_id=certificate_id, kind=str(kind), key_id=key_id, sealed_marks=sealed
                )
            )


def marks(connection: Connection, vault: Vault, certificate_id: str) -> list[Mark]:
    """The marks of a deletion, opened; none once they have expired."""
    query = select(residue_marks).where(residue_marks.c.certificate_id == certificate_id)
    return [mark for row in connection.execute(query.order_by(residue_marks.c.mark_id)).all()
            for mark in _marks_of_row(connection, vault, row)]  # fmt: skip


def marked(connection: Connection) -> list[str]:
    """Ids of the certificates whose marks are kept still."""
    query = select(residue_marks.c.certificate_id).distinct().order_by(residue_marks.c.certificate_id)
    return list(connection.execute(query).scalars())


def delete_marks(connection: Connection, vault: Vault, certificate_id: str, at: datetime) -> int:
    """Destroys the key of a deletion's marks, then the marks; how many rows they were."""
    vault.destroy(connection, _scope(certificate_id), at)
    where = residue_marks.c.certificate_id == certificate_id
    return connection.execute(delete(residue_marks).where(where)).rowcount


def _marks_of_row(connection: Connection, vault: Vault, row: Row[tuple[object, ...]]) -> Iterator[Mark]:
    certificate_id, kind, key_id = row.certificate_id, MarkKind(row.kind), row.key_id
    key = vault.key(connection, _scope(certificate_id))
    plain = key.open(bytes(row.sealed_marks), _about(certificate_id, kind, key_id))
    for start in range(0, len(plain), MARK_BYTES):
        yield Mark(kind, key_id, plain[start : start + MARK_BYTES])


def _signed(row: Row[tuple[object, ...]]) -> SignedCertificate:
    certificate = DeletionCertificate.from_dict(row.body)
    return SignedCertificate(certificate=certificate, signature=row.signature, public_key=row.public_key)


def _scope(certificate_id: str) -> str:
    return f"residue:{certificate_id}"


def _about(certificate_id: str, kind: MarkKind, key_id: str) -> str:
    return f"residue_marks:{certificate_id}:{kind}:{key_id}"
